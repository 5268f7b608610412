import re

import hypothesis.extra.numpy as arrays
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tumourflow.reports.outline import trace_outline


def fill(path: str, shape: tuple[int, int]) -> np.ndarray:
    """Fill a path by the rule of even and odd: each side that runs up or down turns all that lies to its right over."""
    filled = np.zeros(shape, bool)
    for ring in re.findall(r"M(\d+) (\d+)([^z]*)z", path):
        column, row = first = int(ring[0]), int(ring[1])
        corners = [first]
        for way, length in re.findall(r"([hv])(-?\d+)", ring[2]):
            column, row = (column + int(length), row) if way == "h" else (column, row + int(length))
            corners.append((column, row))
        for (x, y), (next_x, next_y) in zip(corners, [*corners[1:], first], strict=True):
            assert x == next_x or y == next_y
            filled[min(y, next_y) : max(y, next_y), x:] ^= x == next_x
    return filled


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_a_path_encloses_the_pixels_of_the_mask_and_no_others(mask):
    assert (fill(trace_outline(mask), mask.shape) == mask).all()


def test_a_hole_is_a_ring_of_its_own_and_sides_are_as_long_as_they_can_be():
    mask = np.ones((3, 3), bool)
    mask[1, 1] = False
    assert trace_outline(mask) == "M0 0h3v3h-3zM1 1v1h1v-1z"


def test_an_empty_mask_has_no_path():
    assert trace_outline(np.zeros((4, 4), bool)) == ""
