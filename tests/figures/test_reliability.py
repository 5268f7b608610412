import numpy as np
import pandas as pd

from tumourflow.figures.reliability import draw_reliability

BEFORE = pd.DataFrame(
    {"bin": [0, 1], "confidence": [0.6, 0.9], "accuracy": [0.5, 0.7], "low": [0.3, np.nan], "high": [0.6, np.nan], "n": [4, 5]}
)
AFTER = BEFORE.assign(confidence=[0.5, 0.7], n=5)
FIGURES = (
    {"ece": {"value": 0.15, "low": 0.1, "high": 0.3}, "brier": {"value": 0.2, "low": None, "high": None}},
    {"ece": {"value": 0.01, "low": 0.0, "high": 0.1}, "brier": {"value": 0.18, "low": 0.1, "high": 0.2}},
)


def test_both_stand_side_by_side_with_their_errors() -> None:
    figure = draw_reliability(BEFORE, AFTER, FIGURES, 1.5, "test")
    before, after = figure.axes
    assert figure.get_suptitle() == "Reliability, test images (n = 9)"
    assert before.get_title() == "as the network says\nECE 0.150 [0.100, 0.300]\nBrier 0.200"
    assert after.get_title() == "after temperature scaling (T = 1.50)\nECE 0.010 [0.000, 0.100]\nBrier 0.180 [0.100, 0.200]"
    assert before.lines[1].get_xdata().tolist() == [0.6, 0.9]
    assert before.lines[1].get_ydata().tolist() == [0.5, 0.7]
    assert before.get_xlim() == after.get_xlim()


def test_gaps_reach_to_the_diagonal_and_intervals_are_drawn() -> None:
    before = draw_reliability(BEFORE, AFTER, FIGURES, 1.5, "test").axes[0]
    gaps, intervals = ([segment[:, 1].tolist() for segment in lines.get_segments()] for lines in before.collections)
    assert gaps == [[0.5, 0.6], [0.7, 0.9]]
    assert intervals == [[0.3, 0.6], [0.7, 0.7]]


def test_the_number_of_images_of_a_bin_is_told() -> None:
    before, after = draw_reliability(BEFORE, AFTER, FIGURES, 1.5, "test").axes
    assert before.get_legend().get_texts()[1].get_text() == "bin of 4 to 5 images"
    assert after.get_legend().get_texts()[1].get_text() == "bin of 5 images"


def test_no_images_are_a_figure_that_says_so() -> None:
    (axes,) = draw_reliability(BEFORE.head(0), AFTER.head(0), FIGURES, 1, "validation").axes
    assert axes.texts[0].get_text() == "The validation split has no labelled image."
