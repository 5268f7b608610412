import numpy as np
import pytest

from tumourflow.imaging.noise import BANK_SIZE, add_noise, blur

ZEROS = np.zeros((200, 200), np.float32)


def test_noise_has_the_standard_deviation_asked_for():
    noise = add_noise(ZEROS, 0.3, 0.5)

    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.01)


def test_another_place_gives_other_noise_and_the_same_place_the_same():
    assert np.array_equal(add_noise(ZEROS, 1, 0.2), add_noise(ZEROS, 1, 0.2))
    assert not np.array_equal(add_noise(ZEROS, 1, 0.2), add_noise(ZEROS, 1, 0.21))


@pytest.mark.parametrize("place", [0, 0.999999])
def test_images_larger_than_the_bank_get_noise_too(place: float):
    large = np.zeros((2, BANK_SIZE // 2 + 3), np.float32)
    assert add_noise(large, 1, place).std() == pytest.approx(1, rel=0.01)


def test_blur_keeps_the_mean_and_spreads_a_point():
    point = np.zeros((21, 21), np.float32)
    point[10, 10] = 1

    spread = blur(point, 1.5)

    rows = np.indices(point.shape)[0]
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    # Cutting the Gaussian off at three deviations takes little of its variance.
    assert (spread * (rows - 10) ** 2).sum() == pytest.approx(1.5**2, rel=0.05)


def test_zero_changes_nothing():
    assert blur(ZEROS, 0) is ZEROS
    assert add_noise(ZEROS, 0, 0.5) is ZEROS
