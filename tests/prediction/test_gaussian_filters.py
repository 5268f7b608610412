import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumourflow.prediction.gaussian_filters import (
    factorise_gaussian,
    filter_appearance,
    filter_space,
    gaussian,
    normalise_symmetrically,
)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.1, 3))
@settings(deadline=None, max_examples=30)
def test_factors_give_the_gaussian_of_any_points(points, sigma) -> None:
    places = np.array(points)
    factors = factorise_gaussian(places, sigma).astype(float)
    np.testing.assert_allclose(factors.T @ factors, gaussian(places, places, sigma), atol=5e-6)


def test_a_wide_gaussian_needs_few_factors() -> None:
    assert len(factorise_gaussian(np.arange(256.0), 20)) < 35


def test_an_image_of_one_pixel_is_its_own_neighbourhood() -> None:
    field = np.array([[3.0]], np.float32)
    assert filter_appearance(np.array([[0.0]], np.float32), 2, 0.1)(field) == pytest.approx(3, rel=1e-6)
    assert filter_space((1, 1), 2)(field) == pytest.approx(3, rel=1e-6)


def test_space_by_hand() -> None:
    """A single 1 spreads as exp(-1/2) to its sides and exp(-1) to its corners."""
    field = np.zeros((3, 3), np.float32)
    field[1, 1] = 1
    side, corner = np.exp(-0.5), np.exp(-1)
    np.testing.assert_allclose(filter_space((3, 3), 1)(field), [[corner, side, corner], [side, 1, side], [corner, side, corner]], rtol=1e-6)


def test_appearance_at_real_size_is_that_of_all_pixels() -> None:
    """Some pixels of a 256 x 256 picture, each against all others."""
    rng = np.random.default_rng(0)
    picture, field = rng.random((2, 256, 256)).astype(np.float32)
    filtered = filter_appearance(picture, 10, 0.05)(field)
    rows, columns = np.mgrid[:256, :256]
    for row, column in rng.integers(0, 256, (8, 2)):
        exponent = ((rows - row) ** 2 + (columns - column) ** 2) / 10**2 + (picture.astype(float) - picture[row, column]) ** 2 / 0.05**2
        assert filtered[row, column] == pytest.approx((np.exp(-exponent / 2) * field).sum(), rel=1e-4)


def test_normalised_two_pixels_say_to_one_another_what_stands_in_the_formula() -> None:
    """k = exp(-1/2), n = 1 + k for both: each hears k / (1 + k) of the other and nothing of itself."""
    k = np.exp(-0.5)
    heard = normalise_symmetrically(filter_space((1, 2), 1), (1, 2))(np.array([[1.0, 3.0]], np.float32))
    np.testing.assert_allclose(heard, [[3 * k / (1 + k), k / (1 + k)]], rtol=1e-6)
