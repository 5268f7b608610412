import pandas as pd

from tumourflow.figures.methods import TITLE, draw_methods

COLUMNS = ["method", "kind", "measure", "value", "low", "high", "n", "unit", "difference", "difference_low", "difference_high"]
ROWS = [
    ("unet", "network", "volume_dice", 0.8, 0.7, 0.9, 10, "patient", None, None, None),
    ("unet", "network", "slice_dice", 0.7, 0.6, 0.8, 40, "slice", None, None, None),
    ("otsu", "classical", "volume_dice", 0.3, 0.2, 0.4, 10, "patient", -0.5, -0.6, -0.4),
    ("otsu", "classical", "slice_dice", None, None, None, 40, "slice", None, None, None),
]


def table() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=COLUMNS).assign(split="test", reference="unet", small_n=False, leaky=False)


def test_each_measure_has_a_panel_and_each_method_a_row():
    figure = draw_methods(table())
    dice, slices, numbers = figure.axes
    assert figure.get_suptitle() == f"{TITLE} on the same test patients, with 95 % intervals"
    assert (dice.get_title(), slices.get_title()) == ("volume_dice\nn = 10 patients", "slice_dice\nn = 40 slices")
    assert [label.get_text() for label in dice.get_yticklabels()] == ["unet", "otsu"]
    assert [line.get_xydata().tolist() for line in dice.lines] == [[[0.8, 0]], [[0.3, 1]]]
    # What could not be measured is not drawn.
    assert [line.get_xydata().tolist() for line in slices.lines] == [[[0.7, 0]], []]
    assert [text.get_text() for text in numbers.texts] == ["0.800 [0.700, 0.900]", "–", "0.300 [0.200, 0.400]", "-0.500 [-0.600, -0.400]"]


def test_an_empty_table_is_a_figure_that_says_so():
    (axes,) = draw_methods(table()[:0]).axes
    assert axes.texts[0].get_text() == "Nothing has been scored on these cases and this split yet."
