import numpy as np
import pytest

from tumourflow.radiomics.first_order import NAMES, measure_first_order

REFERENCE = {
    "mean": 2.15,
    "variance": 3.05,
    "skewness": 1.08,
    "kurtosis": -0.355,
    "median": 1,
    "minimum": 1,
    "percentile_10": 1,
    "percentile_90": 4,
    "maximum": 6,
    "interquartile_range": 3,
    "range": 5,
    "mean_absolute_deviation": 1.55,
    "robust_mean_absolute_deviation": 1.11,
    "median_absolute_deviation": 1.15,
    "coefficient_of_variation": 0.812,
    "quartile_coefficient_of_dispersion": 0.6,
    "root_mean_square": 2.77,
    "energy": 567,
}
"""IBSI's reference values for its phantom."""


@pytest.mark.parametrize("name", NAMES)
def test_the_phantom_gives_the_reference_value(phantom, name):
    found = measure_first_order(phantom[phantom > 0].astype(np.float32))
    assert float(f"{found[name]:.3g}") == REFERENCE[name]


def test_without_pixels_nothing_is_defined():
    assert all(np.isnan(number) for number in measure_first_order(np.zeros(0, np.float32)).values())


def test_one_pixel_is_its_own_mean_without_spread():
    found = measure_first_order(np.array([3], np.float32))
    assert (found["mean"], found["variance"], found["skewness"], found["kurtosis"], found["range"]) == (3, 0, 0, 0, 0)


def test_black_pixels_have_no_relative_spread():
    found = measure_first_order(np.zeros(4, np.float32))
    assert np.isnan(found["coefficient_of_variation"])
    assert np.isnan(found["quartile_coefficient_of_dispersion"])
