import numpy as np
import pandas as pd

from tumourflow.curation.units import list_units, order_units


def test_a_group_has_the_sum_of_its_loads_and_its_most_frequent_label():
    cases = pd.DataFrame({"group": list("bbba"), "label": ["x", "y", "y", "z"], "site": list("DCDA"), "tumour_pixels": [1, 2, 3, 0]})
    cases["mask"] = ["", "m", "m", ""]
    assert list_units(cases).reset_index().to_dict("records") == [
        {"group": "a", "load": 0, "site": "A", "masked": False, "label": "z"},
        {"group": "b", "load": 6, "site": "C", "masked": True, "label": "y"},
    ]


def test_of_equally_frequent_labels_the_first_by_name_counts():
    cases = pd.DataFrame({"group": "a", "label": ["y", "x"], "site": "", "tumour_pixels": 0, "mask": ""})
    assert list_units(cases)["label"].tolist() == ["x"]


def test_units_without_masks_are_not_taken_for_units_without_tumour():
    units = pd.DataFrame({"load": [0, 0, 0, 5] * 3, "site": "S", "masked": [False, False, True, True] * 3}, index=list("abcdefghijkl"))
    for seed in range(20):
        assert set(order_units(units, np.random.default_rng(seed))[:6]) == set("abefij")


def test_units_are_in_a_circle_of_loads():
    units = pd.DataFrame({"load": range(12), "site": "S", "masked": True}, index=[f"{n:02}" for n in range(12)])
    order = order_units(units, np.random.default_rng(0))
    start = order.index("00")
    around = [int(unit) for unit in order[start:] + order[:start]]
    assert around[0] == 0
    assert sorted(around[1:5]) == [1, 2, 3, 4]
    assert sorted(around[9:]) == [9, 10, 11]
