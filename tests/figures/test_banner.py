import pytest

from tumourflow.figures.banner import mark_leaky, nobody_judges
from tumourflow.figures.palette import TRUTH
from tumourflow.figures.panels import panel_grid

LEAKY = {"leaky": True, "protocol": "slice"}


def test_a_leaky_figure_says_so_in_a_bar_below_everything_else() -> None:
    figure, axes = panel_grid(1, 1, "Dice")
    axes[0, 0].set_xlabel("step")
    height = figure.get_figheight()
    assert mark_leaky(figure, LEAKY) is figure
    figure.draw_without_rendering()
    bar = figure.axes[-1]
    assert [text.get_text() for text in bar.texts] == ["LEAKY: slice protocol"]
    assert bar.get_facecolor() == pytest.approx((213 / 255, 94 / 255, 0, 1))
    assert TRUTH == "#D55E00"
    assert bar.get_position().x1 - bar.get_position().x0 == pytest.approx(1)
    assert axes[0, 0].get_tightbbox().y0 >= bar.get_window_extent().y1
    assert figure.get_figheight() > height
    assert figure.get_suptitle() == "Dice"


def test_a_clean_figure_stays_as_it_is() -> None:
    figure, _ = panel_grid(1, 1, "Dice")
    before = figure.get_size_inches().tolist()
    assert mark_leaky(figure, {"leaky": False, "protocol": "official"}) is figure
    assert len(figure.axes) == 1
    assert figure.get_size_inches().tolist() == before


def test_where_nobody_judges_the_figure_says_why() -> None:
    figure = nobody_judges("Predictions")
    assert figure.get_suptitle() == "Predictions"
    assert "Every patient was trained on" in figure.axes[0].texts[0].get_text()
