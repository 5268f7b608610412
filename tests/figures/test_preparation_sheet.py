from io import BytesIO

import numpy as np
import pytest

from tumourflow.figures.preparation_sheet import PreparedExample, draw_prepared


def example(channels: int, mask: np.ndarray) -> PreparedExample:
    before = np.random.default_rng(0).integers(0, 200, (30, 20, channels)).astype(np.uint8)
    return PreparedExample("patient/3", before, np.zeros((16, 16, channels), np.float16), mask, (-2, -7, 34))


@pytest.mark.parametrize(("channels", "columns"), [(1, 2), (3, 6), (7, 6)])
def test_each_channel_is_shown_before_and_after(channels: int, columns: int):
    mask = np.zeros((16, 16), bool)
    names = [f"sequence {number}" for number in range(channels)]

    figure = draw_prepared([example(channels, mask), example(channels, ~mask)], names, (-2.5, 3.5))
    figure.savefig(BytesIO())

    assert len(figure.axes) == 2 * columns
    assert figure.axes[0].get_title() == "sequence 0, as stored"
    assert figure.axes[columns // 2].get_title() == "sequence 0, prepared"


def test_black_images_are_drawn():
    black = example(1, np.zeros((16, 16), bool))._replace(before=np.zeros((30, 20, 1), np.uint8))

    draw_prepared([black], ["grey"], (-2.5, 3.5)).savefig(BytesIO())


def test_box_is_drawn_where_it_lies():
    figure = draw_prepared([example(1, np.zeros((16, 16), bool))], ["grey"], (-2.5, 3.5))

    (box,) = figure.axes[0].patches
    assert (box.get_x(), box.get_y(), box.get_width(), box.get_height()) == (-7.5, -2.5, 34, 34)
