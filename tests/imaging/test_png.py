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


@pytest.mark.parametrize("data", [b"", b"no image", encode_png(np.zeros((9, 9), np.uint8))[:20]])
def test_a_damaged_file_is_told(data):
    with pytest.raises(ValueError, match="damaged PNG"):
        decode_png(data)
