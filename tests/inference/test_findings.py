import math

import numpy as np
import pytest

from tumourflow.errors import UserError
from tumourflow.inference.findings import COLUMNS, blank_row, count_findings, measure_mask, require_readable, tabulate


def test_two_lesions_are_measured_by_hand():
    mask = np.zeros((8, 8), bool)
    mask[1, 1:5] = True  # four pixels in a row
    mask[6, 6] = True
    probability = np.where(mask, 0.5, 0.9).astype(np.float32)
    found = measure_mask(mask, probability, (2.0, 0.5))
    assert (found["area"], found["lesions"], found["area_mm2"], found["probability"]) == (5, 2, 5.0, 0.5)
    assert (found["centre_row"], found["centre_column"]) == (2.0, 3.2)
    assert found["diameter"] == pytest.approx(math.hypot(4, 1))
    assert found["diameter_mm"] == pytest.approx(math.hypot(4 * 0.5, 2))


def test_pixels_that_touch_in_a_corner_are_one_lesion():
    assert measure_mask(np.eye(3, dtype=bool), np.ones((3, 3), np.float32), None)["lesions"] == 1


def test_an_empty_mask_has_no_place():
    assert measure_mask(np.zeros((2, 2), bool), np.zeros((2, 2), np.float32), (1, 1)) == {"area": 0, "lesions": 0}


def table_of(*states):
    return tabulate(blank_row(f"{place}.png", "p", status=state, reason="Broken.") for place, state in enumerate(states))


def test_the_table_has_all_columns_whatever_is_known():
    table = table_of("done", "refused")
    assert tuple(table) == COLUMNS
    assert table["mask"].tolist() == ["", ""]
    assert table["area"].tolist() == [0, 0]
    assert table["probability"].isna().all()
    assert table["typing"].tolist() == ["none to do"] * 2


def test_findings_are_counted():
    counted = count_findings(
        table_of("done", "done", "refused", "unreadable").assign(area=[4, 0, 0, 0], segmentation="done", router_model=["r v1", "", "", ""])
    )
    assert counted == {
        "done": 2,
        "refused": 1,
        "unreadable": 1,
        "images": 4,
        "patients": 1,
        "with_tumour": 1,
        "models": {"router": {"r v1": 1}, "detection": {}, "segmentation": {}, "typing": {}},
    }


def test_where_nothing_was_segmented_nobody_knows_how_many_have_a_tumour():
    assert count_findings(table_of("done", "refused").assign(segmentation=["no model", "none to do"]))["with_tumour"] is None


def test_an_input_of_which_nothing_can_be_read_is_told():
    require_readable(table_of("refused", "unreadable"), "in")
    with pytest.raises(UserError, match=r"`input` holds nothing that can be read: in has 2 files, and none is an image \(Broken\)"):
        require_readable(table_of("unreadable", "unreadable"), "in")
