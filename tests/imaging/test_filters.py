import numpy as np
import pytest

from tumourflow.imaging.filters import equalise, find_whites, remove_outliers, smooth_bilateral, smooth_nonlocal, smooth_total_variation

AGAINST_NOISE = [remove_outliers, smooth_bilateral, smooth_nonlocal, smooth_total_variation]


def step(depth=np.uint8, noise: float = 0) -> np.ndarray:
    """Half at 60 and half at 180, of 256 or of 65,536."""
    clean = np.full((64, 64), 60.0)
    clean[:, 32:] = 180
    grain = np.random.default_rng(0).normal(0, noise, clean.shape)
    return ((clean + grain) * (1 if depth == np.uint8 else 256)).round().astype(depth)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("smooth", AGAINST_NOISE)
def test_noise_shrinks_and_the_edge_stays(smooth, depth):
    noisy, unit = step(depth, noise=3), 1 if depth == np.uint8 else 256

    smoothed = smooth(noisy).astype(float) / unit

    halves = (slice(8, 56), slice(8, 28)), (slice(8, 56), slice(36, 56))
    for half, level in zip(halves, (60, 180), strict=True):
        assert smoothed[half].std() < 0.75 * (noisy[half] / unit).std()
        assert smoothed[half].mean() == pytest.approx(level, abs=3)
    assert (smoothed[8:56, 33] - smoothed[8:56, 30]).mean() > 100


@pytest.mark.parametrize("smooth", AGAINST_NOISE)
def test_a_scanner_ten_times_darker_is_smoothed_alike(smooth):
    bright = step(np.uint16, noise=4)
    dark = (bright // 10).astype(np.uint16)

    np.testing.assert_allclose(smooth(dark) * 10.0, smooth(bright), atol=300)


@pytest.mark.parametrize("smooth", AGAINST_NOISE)
@pytest.mark.parametrize("value", [0, 1, 255])
def test_even_images_stay_as_they_are(smooth, value: int):
    image = np.full((16, 16), value, np.uint8)
    assert np.array_equal(smooth(image), image)


def test_single_bright_pixels_go():
    image = step()
    image[10, 10] = 255

    assert np.array_equal(remove_outliers(image), step())


def test_large_images_have_a_larger_median():
    image = np.zeros((400, 400), np.uint8)
    image[100:103, 100:103] = 255

    # Nine bright pixels are the majority of 3 x 3, but not of 5 x 5.
    assert remove_outliers(image).max() == 0
    assert remove_outliers(image[:399]).max() == 255


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_equalising_spreads_low_contrast(depth):
    grain = np.random.default_rng(0).integers(100, 110, (64, 64))
    image = grain.astype(depth) * depth(1 if depth == np.uint8 else 50)

    equalised = equalise(image)

    assert equalised.std() / np.iinfo(depth).max > 1.5 * image.std() / image.max()


def test_equalising_keeps_black_nearly_black():
    image = np.zeros((64, 64), np.uint8)
    image[16:48, 16:48] = 120

    assert equalise(image)[:4].max() <= 8


def test_white_is_as_bright_as_tissue_may_be():
    tissue = np.repeat(np.arange(1000), 10)

    assert find_whites(np.bincount(tissue, minlength=2**16)[None]) == (999,)
    # A line of writing, or a broken pixel, at the end of the range.
    assert find_whites(np.bincount([*tissue, 65535], minlength=2**16)[None]) == (2 * 995,)
    assert find_whites(np.zeros((1, 2**16), np.int64)) == (0,)
    # So few pixels are bright that the percentile is black.
    assert find_whites(np.bincount([0] * 1000 + [700], minlength=2**16)[None]) == (700,)
