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
            "validation_tversky": [NAN, 0.4, 0.8, 0.75],
            "validation_loss": [NAN, 0.6, 0.5, 0.55],
            "images_per_second": [60.0] * 4,
            "kept": [False, False, False, True],
        }
    )


def test_each_panel_draws_what_was_measured(curves: pd.DataFrame) -> None:
    figure = draw_curves(curves)
    loss, dice, rate = figure.axes
    assert [line.get_label() for line in loss.lines] == ["train", "validation"]
    assert loss.lines[0].get_ydata().tolist() == [1, 0.5, 0.4, 0.3]
    assert loss.lines[1].get_xdata().tolist() == [10, 20, 30]
    drawn = {line.get_label(): line.get_ydata().tolist() for line in dice.lines}
    assert drawn == {"Tversky index": [0.4, 0.8, 0.75], "Dice": [0.5, 0.9, 0.7], "kept": [0.7]}
    assert rate.lines[0].get_ydata().tolist() == [0, 2e-3, 1e-3, 0]
    assert figure.get_suptitle() == "Learning curves: 30 steps in 1.5 minutes"
    assert {axes.get_xlabel() for axes in figure.axes} == {"step"}


def test_the_validation_is_marked_whose_weights_were_kept_not_the_highest(curves: pd.DataFrame) -> None:
    dice = draw_curves(curves).axes[1]
    kept = next(line for line in dice.lines if line.get_label() == "kept")
    assert (list(kept.get_xdata()), list(kept.get_ydata())) == ([30], [0.7])
    assert dice.get_title() == "validation Dice: 0.700 at step 30, kept"


def test_of_several_networks_each_has_its_mark(curves: pd.DataFrame) -> None:
    other = curves.assign(seed=1, kept=[False, False, True, False])
    dice = draw_curves(pd.concat([curves.assign(seed=0), other])).axes[1]
    kept = next(line for line in dice.lines if line.get_label() == "kept")
    assert (list(kept.get_xdata()), list(kept.get_ydata())) == ([30, 20], [0.7, 0.9])
    assert dice.get_title() == "validation Dice: 0.700 to 0.900, kept"


def test_curves_of_an_earlier_version_do_not_tell_what_was_kept(curves: pd.DataFrame) -> None:
    dice = draw_curves(curves.drop(columns="kept")).axes[1]
    assert [line.get_label() for line in dice.lines] == ["Tversky index", "Dice"]
    assert dice.get_title() == "validation Dice"


def test_a_training_without_validation_is_drawn(curves: pd.DataFrame) -> None:
    dice = draw_curves(curves.assign(validation_dice=NAN, validation_tversky=NAN, validation_loss=NAN)).axes[1]
    assert dice.get_title() == "validation Dice: none measured"
    assert [line.get_xdata().size for line in dice.lines] == [0, 0]


def test_missing_values_read_back_as_objects_are_drawn(curves: pd.DataFrame) -> None:
    objects = curves.assign(validation_dice=pd.Series([None, 0.5, 0.9, 0.7], dtype=object))
    assert draw_curves(objects).axes[1].get_title().endswith("0.700 at step 30, kept")


def test_several_networks_are_a_line_each(curves: pd.DataFrame) -> None:
    both = pd.concat([curves.assign(seed=0), curves.assign(seed=1, loss=0.2)])
    figure = draw_curves(both)
    train = [line.get_ydata().tolist() for line in figure.axes[0].lines[:2]]
    assert train == [[1, 0.5, 0.4, 0.3], [0.2] * 4]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["train", "validation"]
    assert figure.get_suptitle() == "Learning curves: 60 steps in 3.0 minutes, 2 networks"


def test_no_curves_are_a_figure_that_says_so(curves: pd.DataFrame) -> None:
    (axes,) = draw_curves(curves.head(0)).axes
    assert axes.texts[0].get_text() == "The training left no curves: it ended before its first report."


def test_losses_that_hardly_move_are_written_out(curves: pd.DataFrame) -> None:
    loss = draw_curves(curves.assign(loss=1.0811 + curves["loss"] / 1e4, validation_loss=NAN)).axes[0]
    loss.figure.draw_without_rendering()
    assert loss.yaxis.get_offset_text().get_text() == ""
