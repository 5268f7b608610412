import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.imaging.edges import find_canny, find_sobel

WINDOW = (-2.5, 3.5)


def square(inside: float = 2.0) -> np.ndarray:
    plane = np.zeros((40, 40), np.float32)
    plane[10:30, 10:30] = inside
    return plane


@pytest.mark.parametrize("slope", [(0, 2), (3, 0), (3, 4), (-3, 4)])
def test_a_ramp_is_as_steep_as_it_is(slope):
    rows, columns = np.indices((8, 8), dtype=np.float32)

    steepness = find_sobel(slope[0] * rows + slope[1] * columns)

    assert steepness[1:-1, 1:-1] == pytest.approx(np.hypot(*slope))


def test_canny_draws_one_closed_thin_line_around_a_square():
    lines = find_canny(square(), WINDOW)

    assert set(np.unique(lines)) == {0, 1}
    # Every row and column that crosses the square crosses two lines, each a pixel wide.
    assert (lines[14:26].sum(axis=1) == 2).all()
    assert (lines[:, 14:26].sum(axis=0) == 2).all()
    assert lines[13:27, 13:27].sum() == 0
    assert lines[:7].sum() == lines[33:].sum() == 0


def test_canny_finds_nothing_in_faint_noise():
    noise = np.random.default_rng(0).normal(0, 0.05, (40, 40)).astype(np.float32)

    assert find_canny(noise, WINDOW).sum() == 0


@given(value=st.floats(-4, 6))
def test_even_images_have_no_edges(value: float):
    plane = np.full((12, 12), value, np.float32)

    assert find_canny(plane, WINDOW).max() == 0
    assert find_sobel(plane).max() == 0
