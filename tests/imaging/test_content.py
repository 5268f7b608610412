import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tumourflow.imaging.content import content_key

images = hnp.arrays(st.sampled_from([np.uint8, np.uint16]), hnp.array_shapes(min_dims=2, max_dims=3, max_side=5))


@given(images)
def test_equal_pixels_have_one_key_whatever_their_memory_layout(pixels):
    assert content_key(pixels) == content_key(np.asfortranarray(pixels)) == content_key(pixels[::-1][::-1])


def test_byte_order_does_not_matter():
    pixels = np.array([[1, 256]], np.uint16)
    assert content_key(pixels) == content_key(pixels.astype(">u2"))


@pytest.mark.parametrize(
    "other",
    [np.array([[0, 1, 3]], np.uint8), np.array([[0, 1, 2]], np.uint16), np.array([[0], [1], [2]], np.uint8)],
    ids=["value", "dtype", "shape"],
)
def test_a_change_of_value_dtype_or_shape_changes_the_key(other):
    assert content_key(np.array([[0, 1, 2]], np.uint8)) != content_key(other)


def test_the_key_is_that_of_every_machine():
    """A store written by one version is read by all later ones, so the definition must never drift."""
    assert content_key(np.zeros((2, 2), np.uint8)) == "8957b62e47135518eb0346546bac0589"
