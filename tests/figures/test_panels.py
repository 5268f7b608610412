import pytest
from matplotlib.figure import Figure

from tumourflow.figures.panels import label_logarithmic, label_row, notice, panel_grid


def test_a_grid_has_its_title_and_its_panels() -> None:
    figure, axes = panel_grid(2, 3, "six (n = 6)")
    assert axes.shape == (2, 3)
    assert len(figure.axes) == 6
    assert figure.get_suptitle() == "six (n = 6)"


@pytest.mark.parametrize("text", ["one line", "two\nlines"])
def test_a_row_is_labelled_left_of_its_panel(text: str) -> None:
    _, axes = panel_grid(1, 1, "")
    label_row(axes[0, 0], text)
    (label,) = axes[0, 0].texts
    assert label.get_text() == text
    assert label.get_position()[0] < 0
    assert label.get_horizontalalignment() == "right"


def test_a_notice_says_its_sentence() -> None:
    figure = notice("Title", "Nothing to see.")
    assert figure.get_suptitle() == "Title"
    assert [text.get_text() for text in figure.axes[0].texts] == ["Nothing to see."]


def test_a_long_name_leaves_room_for_the_panels() -> None:
    _, axes = panel_grid(1, 1, "title")
    label_row(axes[0, 0], "1.3.6.1.4.1.14519.5.2.1.6279.6001.298806137288633453246975630178\nslice 3")
    (label,) = axes[0, 0].texts
    lines = label.get_text().split("\n")
    assert max(map(len, lines)) <= 26
    assert "".join(lines[:-1]) == "1.3.6.1.4.1.14519.5.2.1.6279.6001.298806137288633453246975630178"
    assert lines[-1] == "slice 3"


@pytest.mark.parametrize(("low", "high"), [(1, 2), (812, 830), (2_100, 4_900), (800, 170_000), (3, 4_000_000), (1, 1e12)])
def test_a_logarithmic_axis_has_neither_too_few_labels_nor_too_many(low: float, high: float) -> None:
    axes = Figure().subplots()
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    label_logarithmic(axes.xaxis)
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert 2 <= len(ticks) <= 6
