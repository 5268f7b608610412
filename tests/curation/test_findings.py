import pandas as pd
import pytest

from tumourflow.curation.findings import RULES, find_defects, measure_brightness

SOUND = {
    "image_error": "",
    "mask_error": "",
    "mask_values": "",
    "finite": True,
    "float_range": "",
    "height": 8,
    "width": 8,
    "channels": 3,
    "dtype": "uint8",
    "mask_height": 8,
    "mask_width": 8,
}


@pytest.mark.parametrize(
    ("change", "finding", "evidence"),
    [
        ({"image_error": "truncated"}, "undecodable", "truncated"),
        ({"mask_error": "truncated"}, "undecodable", "truncated"),
        ({"finite": False}, "not_finite", "NaN or infinite values"),
        ({"mask_width": 5}, "size_mismatch", "image 8 x 8, mask 8 x 5"),
        ({"mask_values": "three values"}, "mask_not_binary", "three values"),
        ({"channels": 1}, "channels_differ", "1 channels, most images have 3"),
        ({"float_range": "values from 0 to 1"}, "float_pixels", "values from 0 to 1"),
        ({"dtype": "uint16"}, "bit_depth_differs", "uint16, most images are uint8"),
        ({"mask_height": 0, "mask_width": 0}, "", ""),
    ],
)
def test_each_defect_is_found_with_its_evidence(change, finding, evidence):
    found = find_defects(pd.DataFrame([SOUND, SOUND, SOUND | change]))
    assert found["finding"].tolist() == ["", "", finding]
    assert found["evidence"].iloc[2] == evidence


def test_an_unreadable_file_has_no_size_to_complain_about():
    broken = SOUND | {"image_error": "truncated", "height": 0, "width": 0, "channels": 0, "dtype": ""}
    assert find_defects(pd.DataFrame([SOUND, broken]))["finding"].tolist() == ["", "undecodable"]


def test_the_usual_bit_depth_is_that_of_images_with_the_usual_channels():
    """Else nothing might be left: here most images have sixteen bits, but none of those has three channels."""
    deep = [SOUND | {"channels": channels, "dtype": "uint16"} for channels in (1, 1, 4, 4)]
    assert find_defects(pd.DataFrame([SOUND] * 3 + deep))["finding"].tolist() == [""] * 3 + ["channels_differ"] * 4


def test_headers_alone_tell_no_bit_depth():
    unread = SOUND | {"channels": 0, "dtype": ""}
    assert find_defects(pd.DataFrame([SOUND, unread, unread]))["finding"].tolist() == ["", "", ""]


def test_every_finding_has_a_rule():
    changes = ({"image_error": "x"}, {"finite": False}, {"float_range": "x"}, {"mask_width": 1}, {"mask_values": "x"}, {"dtype": "uint16"})
    broken = [SOUND, SOUND, *(SOUND | change for change in changes)]
    assert set(find_defects(pd.DataFrame(broken))["finding"]) - {""} <= set(RULES)


def test_brightness_is_a_share_of_the_patients_own():
    facts = pd.DataFrame({"patient": ["a", "b", "a"], "brightest": [50.0, 10.0, 25.0]})
    assert measure_brightness(facts).tolist() == [1.0, 1.0, 0.5]
