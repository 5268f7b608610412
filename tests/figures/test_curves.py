import numpy as np
import pandas as pd
import pytest

from tumourflow.figures.curves import draw_curves

NAN = np.nan


@pytest.fixture
def curves() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": [0, 10, 20, 30],
            "progress": [0, 0.3, 0.6, 1],
            "minutes": [0, 0.5, 1, 1.5],
            "loss": [1.0, 0.5, 0.4, 0.3],
            "learning_rate": [0, 2e-3, 1e-3, 0],
            "validation_dice": [NAN, 0.5, 0.9, 0.7],
            "validation_loss": [NAN, 0.6, 0.5, 0.55],
            "images_per_second": [60.0] * 4,
        }
    )


def test_each_panel_draws_what_was_measured(curves: pd.DataFrame) -> None:
    figure = draw_curves(curves)
    loss, dice, rate = figure.axes
    assert [line.get_label() for line in loss.lines] == ["train", "validation"]
    assert loss.lines[0].get_ydata().tolist() == [1, 0.5, 0.4, 0.3]
    assert loss.lines[1].get_xdata().tolist() == [10, 20, 30]
    assert dice.lines[0].get_ydata().tolist() == [0.5, 0.9, 0.7]
    assert rate.lines[0].get_ydata().tolist() == [0, 2e-3, 1e-3, 0]
    assert figure.get_suptitle() == "Learning curves: 30 steps in 1.5 minutes"
    assert {axes.get_xlabel() for axes in figure.axes} == {"step"}


def test_the_best_validation_is_marked(curves: pd.DataFrame) -> None:
    dice = draw_curves(curves).axes[1]
    best = next(line for line in dice.lines if line.get_label() == "best")
    assert (list(best.get_xdata()), list(best.get_ydata())) == ([20], [0.9])
    assert dice.get_title() == "validation Dice: best 0.900 at step 20"


def test_a_training_without_validation_is_drawn(curves: pd.DataFrame) -> None:
    dice = draw_curves(curves.assign(validation_dice=NAN, validation_loss=NAN)).axes[1]
    assert dice.get_title() == "validation Dice: none measured"
    assert [line.get_label() for line in dice.lines] == ["validation"]


def test_missing_values_read_back_as_objects_are_drawn(curves: pd.DataFrame) -> None:
    objects = curves.assign(validation_dice=pd.Series([None, 0.5, 0.9, 0.7], dtype=object))
    assert draw_curves(objects).axes[1].get_title().endswith("best 0.900 at step 20")


def test_no_curves_are_a_figure_that_says_so(curves: pd.DataFrame) -> None:
    (axes,) = draw_curves(curves.head(0)).axes
    assert axes.texts[0].get_text() == "The training left no curves: it ended before its first report."
