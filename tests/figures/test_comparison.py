import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb

from tumourflow.figures.comparison import choose_disagreements, draw_disagreements, run_colour
from tumourflow.figures.comparison_overview import draw_comparison
from tumourflow.figures.overlays import Panels

PATIENTS = pd.DataFrame({"patient": ["a", "b", "c"], "one": [0.5, 0.7, 0.9], "two": [0.9, 0.8, 0.9], "spread": [0.4, 0.1, 0.0]})
SLICES = pd.DataFrame(
    {
        "case_id": ["a/1", "h/3", "b/2", "a/2", "c/1"],
        "patient": ["a", "h", "b", "a", "c"],
        "slice": [1, 3, 2, 2, 1],
        "tumour_pixels": [9, 0, 5, 0, 7],
        "one": [0.5, 0.0, 0.6, 0.0, 0.8],
        "two": [1.0, 1.0, 0.8, 1.0, 0.8],
        "spread": [8, 5, 3, 2, 0],
    }
)


def read(case_id: str) -> Panels:
    mask = np.zeros((6, 8), bool)
    mask[0, 0] = True
    return Panels(np.full((6, 8), 0.5, np.float32), mask, mask)


def test_patients_far_apart_come_first_and_then_false_alarms():
    assert [example.case_id for example in choose_disagreements(PATIENTS, SLICES)] == ["a/1", "b/2", "h/3", "a/2"]
    label = choose_disagreements(PATIENTS, SLICES)[0].label
    assert label.split("\n") == ["a", "slice 1", "volume Dice 0.50, 0.90", "8 wrong pixels apart"]


def test_runs_that_are_alike_leave_nothing_to_show():
    alike = SLICES.assign(spread=0)
    assert choose_disagreements(PATIENTS.assign(spread=0.0), alike) == []
    (axes,) = draw_disagreements([], alike, {"one": read, "two": read}, 3).axes
    assert "same quality on all slices of the 3 shared test patients" in axes.texts[0].get_text()


def test_each_run_has_a_column_with_its_name_its_dice_and_its_colour():
    figure = draw_disagreements(choose_disagreements(PATIENTS, SLICES)[:2], SLICES, {"one": read, "two": read}, 3)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["image", "truth", "one\nDice 0.50", "two\nDice 1.00", "", "", "Dice 0.60", "Dice 0.80"]
    drawn = figure.axes[3].images[0].get_array()
    np.testing.assert_allclose(drawn[0, 0], to_rgb(run_colour(1)))


def test_the_overview_shows_figures_differences_and_patients():
    figure = {"value": 0.6, "low": 0.5, "high": 0.7, "n": 3, "unit": "patient"}
    difference = {"difference": 0.1, "low": 0.02, "high": 0.2, "n": 3, "unit": "patient", "small_n": True, "verdict": "better"}
    comparison = {
        **{run: {"volume_dice": figure | {"small_n": True}} for run in ("one", "two")},
        "differences": {"two": {"volume_dice": difference}},
        "shared": {"patients": 3, "slices": 5},
        "settings": {"one": {"seed": "0"}, "two": {"seed": "1"}},
    }
    drawn = draw_comparison(comparison, ["one", "two"], PATIENTS.set_index("patient")[["one", "two"]])
    assert drawn.get_suptitle() == "2 runs on the same 3 test patients (5 slices), 95 % intervals: few, do not lean on it"
    assert [text.get_text() for text in drawn.axes[3].get_legend().get_texts()] == ["one\nseed 0", "two\nseed 1"]
    assert [text.get_text() for text in drawn.axes[1].texts] == ["+0.100 better"]
    assert [label.get_text() for label in drawn.axes[2].get_yticklabels()] == ["c", "b", "a"]


def test_what_was_not_measured_is_left_out_of_the_overview():
    nothing = {"value": None, "low": None, "high": None, "n": 0, "unit": "patient"}
    gone = {"difference": None, "low": None, "high": None, "n": 0, "unit": "patient", "verdict": "not measured"}
    comparison = {
        **{run: {"volume_dice": nothing} for run in ("one", "two")},
        "differences": {"two": {"volume_dice": gone}},
        "shared": {"patients": 1, "slices": 1},
        "settings": {"one": {}, "two": {}},
    }
    drawn = draw_comparison(comparison, ["one", "two"], pd.DataFrame({"one": [], "two": []}))
    assert not drawn.axes[1].texts


def test_long_names_of_patients_are_cut():
    measure = {"value": 0.8, "low": 0.7, "high": 0.9, "n": 1, "unit": "patient"}
    difference = {"difference": 0.1, "low": 0.0, "high": 0.2, "verdict": "no difference seen"}
    comparison = {
        "shared": {"patients": 1, "slices": 1},
        "settings": {"one": {}, "two": {}},
        "differences": {"two": {"volume_dice": difference}},
        "one": {"volume_dice": measure},
        "two": {"volume_dice": measure},
    }
    patients = pd.DataFrame({"one": [0.5], "two": [0.6]}, index=["1.3.6.1.4.1.14519.5.2.1.6279.6001.298806137288633453246975630178"])
    (label,) = draw_comparison(comparison, ["one", "two"], patients).axes[2].get_yticklabels()
    assert label.get_text() == "1.3.6.1.4.1.14519.…5630178"
