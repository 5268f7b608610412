import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tumourflow.cohorts.case import Case
from tumourflow.cohorts.persons import hash_person
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.curation.defects import find_defects, find_empty_files, list_notes, measure_brightness
from tumourflow.curation.findings import RULES
from tumourflow.imaging.dicom_person import Person

SOUND = {
    "case_id": "a",
    "image_error": "",
    "mask_error": "",
    "too_large": False,
    "mask_values": "",
    "finite": True,
    "float_range": "",
    "constant": False,
    "brightest": 9.0,
    "height": 8,
    "width": 8,
    "channels": 3,
    "dtype": "uint8",
    "mask_height": 8,
    "mask_width": 8,
    "notes": "[]",
    "empty": "",
    "ordered": False,
}


def note(*notes):
    return {"notes": json.dumps([list(each) for each in notes])}


@pytest.mark.parametrize(
    ("change", "finding", "evidence"),
    [
        ({"image_error": "truncated"}, "undecodable", "truncated"),
        ({"mask_error": "truncated"}, "undecodable", "truncated"),
        ({"image_error": "no image", "empty": "0 bytes: a.png"}, "empty", "0 bytes: a.png"),
        ({"image_error": "declares 9 x 9 pixels", "too_large": True}, "too_large", "declares 9 x 9 pixels"),
        ({"finite": False}, "not_finite", "NaN or infinite values"),
        ({"mask_width": 5}, "size_mismatch", "image 8 x 8, mask 8 x 5"),
        ({"mask_values": "three values"}, "mask_not_binary", "three values"),
        ({"channels": 1}, "channels_differ", "1 channels, most images have 3"),
        ({"float_range": "values from 0 to 1"}, "float_pixels", "values from 0 to 1"),
        ({"dtype": "uint16"}, "bit_depth_differs", "uint16, most images are uint8"),
        ({"constant": True}, "constant", "all pixels are 9"),
        ({"constant": True, "ordered": True}, "", ""),
        ({"mask_height": 0, "mask_width": 0}, "", ""),
        (note(("label_out_of_range", "7 of 1 to 3")), "label_out_of_range", "7 of 1 to 3"),
        (note(("border_outside", "at -4")), "", ""),
    ],
)
def test_each_defect_is_found_with_its_evidence(change, finding, evidence):
    found = find_defects(pd.DataFrame([SOUND, SOUND, SOUND | change]))
    assert found["finding"].tolist() == ["", "", finding]
    assert found["evidence"].iloc[2] == evidence


def test_the_first_rule_broken_counts():
    found = find_defects(pd.DataFrame([SOUND, SOUND, SOUND | {"mask_width": 5, "constant": True} | note(("undecodable", "no border"))]))
    assert found["finding"].iloc[2] == "undecodable"


def test_a_rule_that_is_switched_off_lets_the_next_one_count():
    facts = pd.DataFrame([SOUND, SOUND, SOUND | {"dtype": "uint16", "constant": True}])
    assert find_defects(facts)["finding"].iloc[2] == "bit_depth_differs"
    assert find_defects(facts, ["bit_depth_differs"])["finding"].iloc[2] == "constant"
    assert find_defects(facts, ["bit_depth_differs", "constant"])["finding"].iloc[2] == ""


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


def test_every_defect_has_a_rule_that_excludes():
    changes = ({"image_error": "x"}, {"finite": False}, {"float_range": "x"}, {"mask_width": 1}, {"mask_values": "x"}, {"dtype": "uint16"})
    found = set(find_defects(pd.DataFrame([SOUND, SOUND, *(SOUND | change for change in changes)]))["finding"]) - {""}
    assert len(found) == len(changes)
    assert {RULES[name].action for name in found} == {"excluded"}


def test_notes_are_listed_one_a_row():
    facts = pd.DataFrame([SOUND, SOUND | {"case_id": "b"} | note(("marks", "text"), ("alpha_trap", "RGBA"))])
    assert list_notes(facts).to_numpy().tolist() == [["b", "marks", "text"], ["b", "alpha_trap", "RGBA"]]


def test_empty_files_are_named(tmp_path):
    for name, content in (("a.png", b""), ("b.png", b"x")):
        (tmp_path / name).write_bytes(content)
    cases = [Case(name, name, "", 0, "", Path(f"{name}.png"), (), lambda: None) for name in ("a", "b", "gone")]
    assert find_empty_files(tmp_path, cases) == {"a": "0 bytes: a.png"}
    joined = replace(cases[1], further=(Path("a.png"),))
    assert find_empty_files(tmp_path, [joined]) == {"b": "0 bytes: a.png"}


def test_an_empty_file_that_tells_a_person_is_named_by_a_pseudonym(tmp_path):
    (tmp_path / "anna.dcm").touch()
    case = Case("a", "a", "", 0, "", Path("anna.dcm"), (), lambda: None)
    told = f"0 bytes: {make_pseudonym('anna')}.dcm"
    assert find_empty_files(tmp_path, [case], hash_person(Person(names=("Anna",)))) == {"a": told}


def test_brightness_is_a_share_of_the_patients_own():
    facts = pd.DataFrame({"patient": ["a", "b", "a"], "brightest": [50.0, 10.0, 25.0]})
    assert measure_brightness(facts).tolist() == [1.0, 1.0, 0.5]


def test_nothing_is_bright_about_a_patient_without_a_grey_value_above_three():
    facts = pd.DataFrame({"patient": list("abbccd"), "brightest": [3.0, 3.0, 1.0, 3.0, 60.0, 4.0]})
    assert measure_brightness(facts).tolist() == [0, 0, 0, 0.05, 1, 1]


def test_of_headers_alone_no_brightness_is_known():
    assert measure_brightness(pd.DataFrame({"patient": ["a"], "brightest": [float("nan")]})).isna().all()


def test_what_is_found_does_not_depend_on_how_many_are_judged_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What most images have is what most of all of them have."""
    changes = [{"channels": 1}, {"channels": 1}, {}, note(("label_out_of_range", "7")), {}, {}]
    facts = pd.DataFrame([SOUND | change for change in changes], index=[7, 3, 5, 2, 9, 4])
    together = find_defects(facts)
    monkeypatch.setattr("tumourflow.curation.defects._AT_ONCE", 2)
    pd.testing.assert_frame_equal(find_defects(facts), together)
    assert together["finding"].tolist() == ["channels_differ", "channels_differ", "", "label_out_of_range", "", ""]
