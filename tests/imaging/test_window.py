import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tumourflow.imaging.window import apply_window, find_window
from tumourflow.options import IngestionOptions

INTEGERS = st.sampled_from([np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64, np.uint64])
FLOATS = st.sampled_from([np.float32, np.float64])
ARRAYS = (INTEGERS | FLOATS).flatmap(lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=1, max_dims=2, max_side=9)))
BITS = st.sampled_from([8, 16])
WINDOWS = st.sampled_from(["percentile", "minmax", "fixed"])


def options(window: str, **ends: float) -> IngestionOptions:
    bounds = {"window_low": -100, "window_high": 300} if window == "fixed" else {}
    return IngestionOptions(reader="figshare", window=window, **(bounds | ends))


def test_minmax_spans_all_values():
    assert find_window(np.array([[-7, 3], [900, 2]], np.int16), options("minmax")) == (-7, 900)


def test_percentiles_leave_out_the_ends():
    assert find_window(np.arange(1001), options("percentile", window_low=1, window_high=99)) == (10, 990)


def test_fixed_window_looks_at_no_value():
    assert find_window(np.array([5]), options("fixed", window_low=-100, window_high=300)) == (-100, 300)


def test_an_image_that_is_nearly_all_background_keeps_what_is_not():
    values = np.zeros(1000, np.int16)
    values[:3] = 40, 50, 60
    assert find_window(values, options("percentile")) == (0, 60)


def test_what_is_not_finite_has_no_say():
    values = np.array([np.nan, -np.inf, 1, 2, np.inf], np.float32)
    window = find_window(values, options("minmax"))
    assert window == (1, 2)
    assert apply_window(values, window, 8).tolist() == [0, 0, 0, 255, 255]


def test_nothing_finite_becomes_black():
    values = np.full((2, 2), np.nan)
    assert not apply_window(values, find_window(values, options("percentile")), 8).any()


def test_values_beyond_the_window_are_clipped_where_a_product_of_16_bits_would_wrap():
    values = np.array([-32768, -1, 0, 129, 258, 32767], np.int16)
    assert apply_window(values, (0, 258), 8).tolist() == [0, 0, 0, 128, 255, 255]


def test_full_window_of_16_bits_keeps_every_value():
    values = np.arange(2**16, dtype=np.uint16)
    assert (apply_window(values, (0, 65535), 16) == values).all()


@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
def test_large_images_take_the_same_values_as_small_ones(dtype):
    values = np.arange(2**16, dtype=np.uint16).view(dtype)
    many = np.tile(values, 2)
    assert (apply_window(many, (-300, 20000), 8)[: 2**16] == apply_window(values.astype(np.int32), (-300, 20000), 8)).all()


def test_input_is_not_modified():
    values = np.array([[-5, 700]], np.int16)
    apply_window(values, find_window(values, options("minmax")), 8)
    assert values.tolist() == [[-5, 700]]


@given(ARRAYS, BITS, WINDOWS)
def test_brighter_stays_brighter_and_nothing_wraps(values, bits, window):
    low, high = find_window(values, options(window))
    assert low <= high
    windowed = apply_window(values, (low, high), bits)
    assert windowed.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert windowed.shape == values.shape
    known = ~np.isnan(values)
    order = np.argsort(values[known], kind="stable")
    assert (np.diff(windowed[known][order].astype(int)) >= 0).all()
    assert not windowed[known & (values < low)].any()
    assert (windowed[known & (values > high)] == 2**bits - 1).all()


@given(ARRAYS, BITS)
def test_a_window_of_all_values_reaches_both_ends(values, bits):
    low, high = find_window(values, options("minmax"))
    windowed = apply_window(values, (low, high), bits)
    finite = windowed[np.isfinite(values)]
    if low < high:
        assert finite.min() == 0
        assert finite.max() == 2**bits - 1
    else:
        assert not finite.any()


@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
@pytest.mark.parametrize("ends", [(0, 100), (0.5, 99.5), (37, 38.01)])
@pytest.mark.parametrize("size", [2**16 + 1, 2**16 + 2, 300 * 301])
def test_large_images_of_sixteen_bits_have_the_percentiles_that_numpy_finds(dtype, ends, size):
    limits = np.iinfo(dtype)
    values = np.random.default_rng(size).integers(limits.min, limits.max, size, dtype, endpoint=True)
    expected = np.percentile(values, ends, method="nearest")
    assert find_window(values, options("percentile", window_low=ends[0], window_high=ends[1])) == tuple(expected)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
@pytest.mark.parametrize("span", [1, 0.01])
def test_a_large_image_is_shown_as_its_parts_are(dtype, span):
    limits = np.iinfo(dtype)
    values = np.random.default_rng(1).integers(int(limits.min * span), int(limits.max * span), (400, 300), dtype, endpoint=True)
    for turned in (values, values.T):
        parts = np.concatenate([apply_window(part, (-100, 2000), 8) for part in np.array_split(turned, 20)])
        np.testing.assert_array_equal(apply_window(turned, (-100, 2000), 8), parts)
