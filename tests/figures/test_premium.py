import pandas as pd

from tumourflow.figures.premium import draw_premium

PREMIUM = {
    "volume_dice": {
        "patient": {"value": 0.5, "low": 0.4, "high": 0.6},
        "slice": {"value": 0.8, "low": 0.7, "high": 0.9},
        "premium": {"value": 0.3, "low": 0.2, "high": 0.4},
    }
}


def patients() -> pd.DataFrame:
    return pd.DataFrame({"patient": [0.4, 0.6], "slice": [0.7, 0.9]}, index=["a", "b"])


def test_each_patient_is_a_line_from_one_protocol_to_the_other():
    (axes,) = draw_premium(patients(), PREMIUM).axes
    lines = [line.get_ydata().tolist() for line in axes.lines[:2]]
    assert lines == [[0.4, 0.7], [0.6, 0.9]]


def test_the_figure_says_that_it_is_an_experiment_and_how_far_the_means_are_apart():
    figure = draw_premium(patients(), PREMIUM)
    assert figure.get_suptitle() == "Experiment: Dice under a split by patient and by slice (n = 2 patients)"
    assert figure.axes[0].get_title() == "difference +30.0 points [+20.0, +40.0]"


def test_no_tumour_is_a_figure_that_says_so():
    (axes,) = draw_premium(patients().iloc[:0], PREMIUM).axes
    assert axes.texts[0].get_text() == "No scored slice has a tumour."
