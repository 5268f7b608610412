import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tumourflow.imaging.intensity import (
    WINDOWS,
    ChannelScale,
    count_values,
    find_percentile,
    measure_channel,
    normalise,
    require_channels,
)


def count(values: list[int]) -> np.ndarray:
    return count_values([np.array(values, np.uint8).reshape(-1, 1, 1)])[0]


def test_background_below_the_threshold_is_not_measured():
    # 99.5th percentile 100, threshold 12: the tissue is 80, 80, 100, 100, with mean 90 and standard deviation 10.
    assert measure_channel(count([0, 0, 0, 3, 12, 80, 80, 100, 100]), "zscore") == ChannelScale(12.0, 90.0, 10.0)


def test_percentiles_span_the_foreground():
    # All values from 13 to 112 once: the 1st percentile is the first of 100 values, the 99.5th the last.
    scale = measure_channel(count([0] * 50 + list(range(14, 114))), "percentile")

    assert (scale.centre, scale.spread) == (14.0, 99.0)


@pytest.mark.parametrize("normalisation", ["zscore", "percentile"])
@pytest.mark.parametrize("value", [0, 1, 200])
def test_constant_channels_stay_finite(value: int, normalisation):
    image = np.full((4, 4, 1), value, np.uint8)

    scale = measure_channel(count_values([image])[0], normalisation)

    # Whatever the constant is, it is its own mean and lowest value.
    assert (normalise(image.astype(np.float32), (scale,), normalisation) == 0).all()


def test_normalised_foreground_has_mean_0_and_deviation_1():
    rng = np.random.default_rng(0)
    image = rng.normal(120, 12, (64, 64, 1)).round().astype(np.uint8)
    scale = measure_channel(count_values([image])[0], "zscore")

    values = normalise(image.astype(np.float32), (scale,), "zscore")

    assert abs(values.mean()) < 1e-4
    assert abs(values.std() - 1) < 1e-4


def test_a_scanner_ten_times_darker_gives_the_same_values():
    image = np.random.default_rng(0).integers(0, 4000, (32, 32, 1)).astype(np.uint16) * 10
    pair = [image, image // 10]

    bright, dark = (normalise(each.astype(np.float32), (measure_channel(count_values([each])[0], "zscore"),), "zscore") for each in pair)

    np.testing.assert_allclose(bright, dark, atol=1e-3)


def test_counts_are_summed_over_slices_of_any_size_and_by_channel():
    counts = count_values([np.zeros((2, 3, 2), np.uint8), np.full((1, 1, 2), [5, 70], np.uint16)])

    assert counts.shape == (2, 65536)
    assert (counts[0, 0], counts[0, 5], counts[1, 70], counts.sum()) == (6, 1, 1, 14)


@given(values=hnp.arrays(np.uint8, st.integers(1, 50)), percent=st.sampled_from([1, 50, 99.5, 100]))
def test_percentile_agrees_with_numpy(values: np.ndarray, percent: float):
    assert find_percentile(np.bincount(values), percent) == np.percentile(values, percent, method="inverted_cdf")


def test_float_images_and_empty_volumes_are_refused():
    with pytest.raises(ValueError, match="uint8 or uint16"):
        count_values([np.zeros((2, 2, 1))])
    with pytest.raises(ValueError, match="at least one slice"):
        count_values([])


def test_a_grey_image_gets_an_axis_and_a_colour_image_has_one():
    assert require_channels(np.zeros((2, 3), np.uint8), 1).shape == (2, 3, 1)
    assert require_channels(np.zeros((2, 3, 4), np.uint8), 4).shape == (2, 3, 4)


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 1), (2, 2, 4)])
def test_other_channels_than_the_cohort_has_are_refused(shape):
    with pytest.raises(ValueError, match="must have 3 channels"):
        require_channels(np.zeros(shape, np.uint8), 3)


@pytest.mark.parametrize("normalisation", ["zscore", "percentile"])
def test_values_are_clipped(normalisation):
    values = normalise(np.array([[[-1e9], [1e9]]], np.float32), (ChannelScale(0, 0, 1),), normalisation)

    assert tuple(values.ravel()) == WINDOWS[normalisation]
