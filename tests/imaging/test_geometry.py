import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.imaging.geometry import (
    Box,
    Extent,
    box_around,
    cut_box,
    paste_box,
    remove_specks,
    resize_square,
    square_around,
    whole_box,
)


def test_box_is_square_centred_and_has_its_margin():
    foreground = np.zeros((20, 20), bool)
    foreground[5:15, 8:12] = True

    # Ten rows and four columns: the columns are widened by three on each side, then two pixels' margin.
    assert box_around(foreground, margin=2) == Box(top=3, left=3, side=14)


def test_box_of_a_black_image_is_the_whole_image():
    assert box_around(np.zeros((10, 6), bool)) == whole_box(10, 6) == Box(top=0, left=-2, side=10)


def test_what_lies_beyond_the_image_is_zero():
    assert cut_box(np.ones((2, 2), np.uint8), Box(-1, 1, 3)).tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0]]


def test_what_lies_beyond_the_rectangle_is_zero():
    image = np.ones((4, 5), np.uint8)

    assert cut_box(image, Box(0, 1, 4), Extent(top=1, bottom=3, left=0, right=3)).tolist() == [
        [0, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 0, 0],
        [0, 0, 0, 0],
    ]


@given(top=st.integers(0, 9), height=st.integers(1, 9), left=st.integers(0, 9), width=st.integers(1, 9))
def test_square_holds_its_rectangle_and_is_no_larger_than_it_must_be(top: int, height: int, left: int, width: int):
    box = square_around(Extent(top, top + height, left, left + width))

    assert box.side == max(height, width)
    assert box.top <= top <= top + height <= box.top + box.side
    assert box.left <= left <= left + width <= box.left + box.side
    # In the middle: the room on two sides differs by no more than a pixel.
    assert abs((top - box.top) - (box.top + box.side - top - height)) <= 1


@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    top=st.integers(-15, 15),
    left=st.integers(-15, 15),
    side=st.integers(1, 20),
)
def test_pasting_undoes_cutting(height: int, width: int, top: int, left: int, side: int):
    image = np.arange(1, height * width + 1).reshape(height, width)
    box = Box(top, left, side)
    rows, columns = np.indices(image.shape)
    inside = (rows >= top) & (rows < top + side) & (columns >= left) & (columns < left + side)

    pasted = paste_box(cut_box(image, box), box, height, width)

    assert np.array_equal(pasted, np.where(inside, image, 0))


def test_shrinking_takes_the_mean_of_all_pixels():
    image = np.zeros((8, 8), np.float32)
    image[1, 2] = 16

    # One bright pixel in a block of 4 x 4 leaves a sixteenth of itself there.
    assert resize_square(image, 2).tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("channels", [1, 2, 5, 9])
@pytest.mark.parametrize("size", [4, 10, 15])
def test_any_number_of_channels_is_resized_like_each_alone(channels: int, size: int):
    image = np.random.default_rng(0).normal(size=(10, 10, channels)).astype(np.float32)

    resized = resize_square(image, size)

    assert resized.shape == (size, size, channels)
    assert all(np.array_equal(resized[:, :, channel], resize_square(image[:, :, channel], size)) for channel in range(channels))


def test_resizing_to_the_same_size_is_a_copy():
    image = np.ones((4, 4), np.float32)
    resize_square(image, 4)[:] = 7
    assert (image == 1).all()


def test_specks_go_and_tissue_stays():
    foreground = np.zeros((12, 12), bool)
    foreground[1, 1] = True
    foreground[4:9, 4:9] = True

    cleaned = remove_specks(foreground)

    assert cleaned.sum() == 25
    assert cleaned[4:9, 4:9].all()
