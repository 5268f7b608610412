from io import BytesIO

import numpy as np

from tumourflow.figures.preparation_steps import draw_steps
from tumourflow.imaging.crop import View
from tumourflow.imaging.geometry import Box, Extent
from tumourflow.imaging.steps import Steps


def steps(extent: Extent, filters: int = 1, side: int = 34) -> Steps:
    grain = np.random.default_rng(0).integers(0, 200, (30, 20)).astype(np.uint8)
    cut = {f"step {number}": np.zeros((side, side), np.uint8) for number in range(filters + 1)}
    small = np.zeros((16, 16), np.float32)
    return Steps("patient/3", grain, View(Box(-2, -7, side), extent), cut, small, small > 0, {"edges: canny": small, "edges: sobel": small})


def test_each_step_is_a_column_and_each_slice_a_row():
    figure = draw_steps([steps(Extent(0, 30, 0, 20), filters=2)] * 3, "FLAIR")
    figure.savefig(BytesIO())

    titles = ["as stored, box", "step 0", "step 1", "step 2", "resized, normalised, mask", "edges: canny", "edges: sobel"]
    assert [axes.get_title() for axes in figure.axes[:7]] == titles
    assert len(figure.axes) == 3 * 7
    assert all(axes.images for axes in figure.axes)


def test_box_and_rectangle_are_drawn_where_they_lie():
    figure = draw_steps([steps(Extent(3, 27, 2, 19))], "grey")

    assert figure.axes[0].get_title() == "as stored, box (dashed: what is seen)"
    box, rectangle = figure.axes[0].patches
    assert (box.get_x(), box.get_y(), box.get_width(), box.get_height()) == (-7.5, -2.5, 34, 34)
    assert (rectangle.get_x(), rectangle.get_y(), rectangle.get_width(), rectangle.get_height()) == (1.5, 2.5, 17, 24)


def test_an_image_that_is_seen_whole_has_no_rectangle():
    assert len(draw_steps([steps(Extent(0, 30, 0, 20))], "grey").axes[0].patches) == 1
