from io import BytesIO

import numpy as np
import pytest

from tumourflow.figures.augmentation_sheet import Variant, draw_variants


def row(depth: int) -> tuple[str, list[Variant]]:
    image = np.random.default_rng(0).normal(size=(16, 16, depth)).astype(np.float32)
    return "patient/3", [Variant(image, np.eye(16, dtype=np.uint8)), Variant(image, np.zeros((16, 16), np.uint8))]


@pytest.mark.parametrize(("channels", "lead"), [(1, 0), (2, 1), (3, 1), (5, 4)])
def test_each_variant_has_a_panel(channels: int, lead: int):
    figure = draw_variants([row(channels), row(channels)], channels, lead, (-2.5, 3.5))
    figure.savefig(BytesIO())

    assert len(figure.axes) == 4
    assert [axes.get_title() for axes in figure.axes[:2]] == ["as prepared", "drawn 1"]


def test_few_channels_are_shown_in_grey_and_three_in_colour():
    grey = draw_variants([row(2)], 2, 1, (-2.5, 3.5)).axes[0].images[0].get_array()
    colour = draw_variants([row(3)], 3, 1, (-2.5, 3.5)).axes[0].images[0].get_array()

    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert not np.array_equal(colour[..., 0], colour[..., 2])


def test_only_masks_with_tumour_are_outlined():
    figure = draw_variants([row(1)], 1, 0, (-2.5, 3.5))

    assert [len(axes.collections) for axes in figure.axes] == [1, 0]
