import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tumourflow.imaging.png import decode_png, encode_png

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(lambda size: st.sampled_from([size, (*size, 3), (*size, 4)]))


@given(st.sampled_from([np.uint8, np.uint16]).flatmap(lambda dtype: hnp.arrays(dtype, SHAPES)))
def test_png_returns_the_very_pixels(pixels):
    decoded = decode_png(encode_png(pixels))
    assert decoded.dtype == pixels.dtype
    np.testing.assert_array_equal(decoded, pixels)


def test_floats_are_refused_by_name():
    with pytest.raises(ValueError, match="float64"):
        encode_png(np.zeros((2, 2)))


def test_the_longest_side_is_written_and_a_longer_one_told():
    strip = np.zeros((1, 1_000_001), np.uint8)
    assert decode_png(encode_png(strip[:, 1:])).shape == (1, 1_000_000)
    with pytest.raises(ValueError, match="An image of 1 x 1000001 cannot be written as PNG"):
        encode_png(strip)


@pytest.mark.parametrize("data", [b"", b"no image", encode_png(np.zeros((9, 9), np.uint8))[:20]])
def test_a_damaged_file_is_told(data):
    with pytest.raises(ValueError, match="damaged PNG"):
        decode_png(data)
