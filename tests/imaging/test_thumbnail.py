import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tumourflow.imaging.thumbnail import make_thumbnail


def test_a_pixel_of_the_thumbnail_is_the_mean_of_its_area():
    image = np.zeros((96, 144), np.uint8)
    image[0:2, 0:3] = [[0, 60, 120], [240, 120, 60]]  # mean 100
    image[2:4, 0:3] = 250
    thumbnail = make_thumbnail(image)
    assert thumbnail[0, 0] == round(100 / 250 * 255)
    assert thumbnail[1, 0] == 255
    assert thumbnail[2:].max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (48, 48), (200, 50, 3), (60, 60, 4), (70, 70, 7)])
def test_every_shape_gives_a_square_of_48_without_changing_the_image(shape):
    image = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    before = image.copy()
    thumbnail = make_thumbnail(image)
    assert (thumbnail.shape, thumbnail.dtype) == ((48, 48), np.uint8)
    assert (image == before).all()


@pytest.mark.parametrize("value", [0, 7, 255])
def test_a_constant_image_has_a_black_thumbnail(value):
    assert make_thumbnail(np.full((333, 517, 3), value, np.uint8)).max() == 0


def test_sixteen_bits_are_stretched_not_cut_off():
    image = np.random.default_rng(0).integers(0, 256, (80, 90)).astype(np.uint8)
    assert (make_thumbnail(image.astype(np.uint16) * 20 + 30_000) == make_thumbnail(image)).mean() > 0.99


def test_channels_count_equally():
    red, blue = np.zeros((48, 48, 3), np.uint8), np.zeros((48, 48, 3), np.uint8)
    red[:24, :, 0] = blue[:24, :, 2] = 200
    assert (make_thumbnail(red) == make_thumbnail(blue)).all()


@given(arrays(np.float32, (50, 49), elements=st.floats(width=32)))
def test_no_value_makes_it_fail(image):
    assert make_thumbnail(image).shape == (48, 48)
