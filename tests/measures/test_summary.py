import json

import numpy as np
import pandas as pd
import pytest

from tumourflow.measures.definitions import agree_on_units
from tumourflow.measures.scores import SCORES
from tumourflow.measures.summary import size_thirds, summarise, summarise_by_group, summarise_rows

NAMES = {
    "volume_dice", "tumour_slice_dice", "all_slice_dice", "pooled_dice", "volume_iou", "tumour_slice_iou", "slice_sensitivity",
    "empty_slice_specificity", "empty_patient_specificity", "slice_hd95", "volume_surface_dice", "area_error", "soft_dice_loss",
    "cross_entropy", "lesion_recall", "lesion_precision",
}  # fmt: skip

# patient, site, tp, fp, fn, tn, hd95, surface_within, surface_length, lesions, lesions_found, findings, findings_confirmed, loss, entropy
ROWS = [
    ("a", "CS", 2, 0, 2, 96, 1.0, 4, 8, 1, 1, 1, 1, 0.3, 0.1),  # slice Dice 4 / 6 = 2/3, IoU 2/4
    ("a", "CS", 6, 2, 0, 92, 3.0, 8, 12, 1, 1, 2, 2, 0.1, 0.2),  # slice Dice 12 / 14 = 6/7, IoU 6/8
    ("a", "CS", 0, 0, 0, 100, np.nan, 0, 0, 0, 0, 0, 0, 0.0, 0.0),  # empty, left empty
    ("b", "HT", 0, 0, 4, 96, np.nan, 0, 6, 2, 0, 0, 0, 0.9, 0.5),  # missed: Dice 0
    ("b", "HT", 0, 5, 0, 95, np.nan, 0, 5, 0, 0, 4, 0, 0.7, 0.2),  # empty, false alarm in four places
    ("c", "", 0, 0, 0, 100, np.nan, 0, 0, 0, 0, 0, 0, 0.0, 0.0),  # a patient without tumour, left empty
]


@pytest.fixture
def scores() -> pd.DataFrame:
    columns = ["patient", "site", *(name for name in SCORES if name != "hd95_mm")]
    assert columns[-2:] == ["soft_dice_loss", "cross_entropy"]
    return pd.DataFrame(ROWS, columns=columns).assign(split="test", hd95_mm=np.nan)


@pytest.mark.parametrize(
    ("name", "value", "n", "unit"),
    [
        # a: tp 8, fp 2, fn 2: 16 / 20; b: 0; c has no tumour.
        ("volume_dice", (0.8 + 0) / 2, 2, "patient"),
        ("volume_iou", (8 / 12 + 0) / 2, 2, "patient"),
        ("empty_patient_specificity", 1, 1, "patient"),
        # a: 12 / 20; b: 0 / 11.
        ("volume_surface_dice", 0.3, 2, "patient"),
        ("tumour_slice_dice", (2 / 3 + 6 / 7 + 0) / 3, 3, "slice"),
        ("tumour_slice_iou", (0.5 + 0.75 + 0) / 3, 3, "slice"),
        ("all_slice_dice", (2 / 3 + 6 / 7 + 1 + 0 + 0 + 1) / 6, 6, "slice"),
        ("slice_sensitivity", 2 / 3, 3, "slice"),
        ("empty_slice_specificity", 2 / 3, 3, "slice"),
        ("slice_hd95", 2, 2, "slice"),
        ("soft_dice_loss", 2 / 6, 6, "slice"),
        ("cross_entropy", 1 / 6, 6, "slice"),
        # 2 * 8 / (16 + 7 + 6)
        ("pooled_dice", 16 / 29, 600, "pixel"),
        ("lesion_recall", 2 / 4, 4, "lesion"),
        ("lesion_precision", 3 / 7, 7, "lesion"),
        # a: (10 - 10) / 10 = 0; b: (5 - 4) / 4; median of two.
        ("area_error", 0.125, 2, "patient"),
    ],
)
def test_each_figure_is_the_one_worked_out_by_hand(scores, name, value, n, unit) -> None:
    figure = summarise(scores)["test"][name]
    assert figure["value"] == pytest.approx(value)
    assert (figure["n"], figure["unit"]) == (n, unit)
    assert figure["low"] <= figure["value"] <= figure["high"]


def test_quartiles_stand_beside_the_median(scores) -> None:
    figure = summarise(scores)["test"]["area_error"]
    assert (figure["q1"], figure["q3"]) == pytest.approx((0.0625, 0.1875))


def test_distances_say_that_they_are_pixels(scores) -> None:
    figures = summarise(scores)["test"]
    assert [name for name, figure in figures.items() if "measured_in" in figure] == ["slice_hd95"]
    assert figures["slice_hd95"]["measured_in"] == "pixel"


@pytest.mark.parametrize(
    ("known", "value", "unit"),
    [
        ([0.5, 1.5, np.nan, np.nan, np.nan, np.nan], 1.0, "mm"),
        # One of the two distances has no millimetres, which have no mean with pixels.
        ([0.5, np.nan, np.nan, np.nan, np.nan, np.nan], 2.0, "pixel"),
    ],
)
def test_distances_are_millimetres_where_all_are_known(scores, known, value, unit) -> None:
    figure = summarise(scores.assign(hd95_mm=known))["test"]["slice_hd95"]
    assert (figure["value"], figure["n"], figure["measured_in"]) == (value, 2, unit)


def test_scores_of_before_there_were_millimetres_are_pixels(scores) -> None:
    figure = summarise(scores.drop(columns="hd95_mm"))["test"]["slice_hd95"]
    assert (figure["value"], figure["measured_in"]) == (2, "pixel")


def test_without_distances_there_is_no_unit_but_pixels(scores) -> None:
    figure = summarise(scores.assign(hd95=np.nan).drop(columns="hd95_mm"))["test"]["slice_hd95"]
    assert (figure["value"], figure["n"], figure["measured_in"]) == (None, 0, "pixel")
    assert summarise(scores.assign(hd95=np.nan, hd95_mm=np.nan))["test"]["slice_hd95"]["measured_in"] == "pixel"


def test_a_false_alarm_in_a_healthy_patient_costs_specificity_and_no_dice_of_patients(scores) -> None:
    alarm = scores.copy()
    alarm.loc[5, ["fp", "tn", "surface_length", "findings"]] = [3, 97, 3, 1]
    before, after = summarise(scores)["test"], summarise(alarm)["test"]
    assert (after["empty_patient_specificity"]["value"], after["empty_patient_specificity"]["n"]) == (0, 1)
    assert (after["empty_slice_specificity"]["value"], after["empty_slice_specificity"]["n"]) == (pytest.approx(1 / 3), 3)
    assert after["pooled_dice"]["value"] == pytest.approx(16 / 32)
    unchanged = ("volume_dice", "volume_iou", "volume_surface_dice", "tumour_slice_dice", "tumour_slice_iou", "area_error")
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}


def test_a_table_without_distances_takes_nobody_his_millimetres(scores) -> None:
    known, bare = scores.assign(hd95_mm=scores["hd95"] / 2), scores.assign(hd95=np.nan).drop(columns="hd95_mm")
    assert "hd95_mm" in agree_on_units([known, bare])[0]


def test_a_slice_whose_tumour_is_found_whole_is_a_hit(scores) -> None:
    assert summarise(scores.assign(fn=[0, 0, 0, 4, 0, 0]))["test"]["slice_sensitivity"]["value"] == pytest.approx(2 / 3)


def test_splits_and_groups_stand_beside_one_another_in_one_unit(scores) -> None:
    """A training slice whose pixels nobody has measured: its distance has no millimetres, so that no split's are told in them."""
    known = pd.concat([scores.assign(hd95_mm=scores["hd95"] / 2), scores.assign(split="train")], ignore_index=True)
    by_split = summarise(known)
    assert [by_split[split]["slice_hd95"]["measured_in"] for split in ("train", "test")] == ["pixel", "pixel"]
    assert by_split["test"]["slice_hd95"]["value"] == 2
    of_site = summarise_by_group(known)["test"]["site"]
    assert {figures["slice_hd95"]["measured_in"] for figures in of_site.values()} == {"pixel"}


def test_all_measures_are_there_for_every_split(scores) -> None:
    metrics = summarise(scores)
    assert list(metrics) == ["train", "validation", "test"]
    assert all(set(figures) == NAMES for figures in metrics.values())


def test_a_split_without_cases_is_null_with_n_0(scores) -> None:
    for figure in summarise(scores)["validation"].values():
        assert (figure["value"], figure["low"], figure["high"], figure["n"]) == (None, None, None, 0)


def test_a_cohort_without_scores_has_no_figures() -> None:
    nothing = pd.DataFrame([], columns=["case_id", "patient", "site", "slice", "split", *SCORES])
    assert all(figure["n"] == 0 for figures in summarise(nothing).values() for figure in figures.values())
    assert summarise_by_group(nothing)["test"] == {"site": {}, "tumour_size": {}}


def test_small_n_is_said_below_ten_patients(scores) -> None:
    many = pd.concat([scores.assign(patient=scores["patient"] + str(number)) for number in range(5)])
    figures = summarise_rows(many)
    assert "small_n" not in figures["volume_dice"]
    assert figures["empty_patient_specificity"]["small_n"] is True


def test_figures_are_json(scores) -> None:
    everything = {"by_split": summarise(scores), "by_group": summarise_by_group(scores)}
    assert json.loads(json.dumps(everything, allow_nan=False)) == everything


def test_the_order_of_rows_does_not_matter(scores) -> None:
    assert summarise(scores.sample(frac=1, random_state=1)) == summarise(scores)


def test_scores_are_not_changed(scores) -> None:
    before = scores.copy()
    summarise(scores)
    summarise_by_group(scores)
    pd.testing.assert_frame_equal(scores, before)


def test_groups_are_sites_and_thirds_of_tumour_size(scores) -> None:
    groups = summarise_by_group(scores)["test"]
    assert list(groups["site"]) == ["CS", "HT", "unknown"]
    assert groups["site"]["CS"]["volume_dice"]["value"] == pytest.approx(0.8)
    # b has 4 tumour pixels, a has 10; c has none and is in no third.
    assert list(groups["tumour_size"]) == ["small", "medium"]
    assert groups["tumour_size"]["small"]["volume_dice"]["value"] == 0
    assert sum(group["all_slice_dice"]["n"] for group in groups["tumour_size"].values()) == 5


def test_thirds_are_equally_large() -> None:
    slices = pd.DataFrame({"patient": [f"p{number}" for number in range(9)], "tp": range(1, 10), "fn": 0})
    thirds = size_thirds(slices)
    assert thirds.value_counts().to_dict() == {"small": 3, "medium": 3, "large": 3}
    assert (thirds["p0"], thirds["p8"]) == ("small", "large")


def test_copies_of_a_case_do_not_narrow_an_interval(scores) -> None:
    """Without patient ids each image is a patient of its own; what holds a figure's interval is the group of copies it is in."""
    own = scores.assign(group=scores["patient"])
    copies = pd.concat([own, own.assign(patient=own["patient"] + "'"), own.assign(patient=own["patient"] + '"')], ignore_index=True)
    once, thrice = summarise(own)["test"], summarise(copies)["test"]
    for name in NAMES:
        assert [thrice[name][end] for end in ("value", "low", "high")] == pytest.approx(
            [once[name][end] for end in ("value", "low", "high")]
        )
        assert thrice[name]["n"] == 3 * once[name]["n"]
    by_image = summarise(copies.drop(columns="group"))["test"]["volume_dice"]
    assert by_image["high"] - by_image["low"] < once["volume_dice"]["high"] - once["volume_dice"]["low"]


def test_slices_scored_before_groups_were_noted_are_drawn_with_their_patient(scores) -> None:
    mixed = scores.assign(group=scores["patient"].where(scores["patient"] == "a"))
    assert summarise(mixed)["test"] == summarise(scores)["test"]
