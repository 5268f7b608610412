import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tumourflow.radiomics.shape import NAMES, measure_shape


def disc(radius: int, size: int = 101) -> np.ndarray:
    rows, columns = np.indices((size, size)) - size // 2
    return rows**2 + columns**2 <= radius**2


def test_a_disc_is_round():
    found = measure_shape(disc(40))
    assert found["area"] == pytest.approx(np.pi * 40**2, rel=0.01)
    assert found["perimeter"] == pytest.approx(2 * np.pi * 40, rel=0.03)
    assert found["roundness"] == pytest.approx(1, abs=0.05)
    assert found["major_axis_length"] == pytest.approx(80, rel=0.01)
    assert found["elongation"] == pytest.approx(1)
    assert found["eccentricity"] == pytest.approx(0, abs=1e-6)
    assert found["equivalent_diameter"] == pytest.approx(80, rel=0.01)
    assert found["solidity"] > 0.97


def test_a_bar_by_hand():
    """
    2 x 8 pixels: the variance of 8 places is (64 - 1) / 12, of 2 places 3 / 12.
    """
    mask = np.pad(np.ones((2, 8), bool), 3)
    found = measure_shape(mask)
    assert found["major_axis_length"] == pytest.approx(4 * (63 / 12) ** 0.5)
    assert found["minor_axis_length"] == pytest.approx(4 * (3 / 12) ** 0.5)
    assert found["maximum_diameter"] == pytest.approx(68**0.5)
    assert (found["solidity"], found["extent"], found["components"]) == (1, 1, 1)


def test_an_l_fills_its_hull_in_part():
    """
    5 of the 9 pixels of its box; the hull cuts the free corner of 4 by half: 9 - 2 = 7.
    """
    found = measure_shape(np.array([[1, 0, 0], [1, 0, 0], [1, 1, 1]], bool))
    assert found["extent"] == pytest.approx(5 / 9)
    assert found["solidity"] == pytest.approx(5 / 7)


def test_lengths_and_areas_are_in_the_unit_of_the_spacing():
    found, half = measure_shape(disc(20)), measure_shape(disc(20), (0.5, 0.5))
    for name in ("perimeter", "major_axis_length", "maximum_diameter", "equivalent_diameter"):
        assert half[name] == pytest.approx(found[name] / 2)
    assert half["area"] == pytest.approx(found["area"] / 4)
    assert half["roundness"] == pytest.approx(found["roundness"])


def test_pixels_that_are_no_squares_stretch_a_disc():
    assert measure_shape(disc(20), (2, 1))["elongation"] == pytest.approx(0.5)


def test_an_empty_mask_has_no_shape():
    found = measure_shape(np.zeros((5, 5), bool))
    assert (found.pop("area"), found.pop("components")) == (0, 0)
    assert all(np.isnan(number) for number in found.values())


def test_a_pixel_has_an_area_and_no_elongation():
    found = measure_shape(np.ones((1, 1), bool))
    assert list(found) == list(NAMES)
    assert (found["area"], found["solidity"], found["extent"], found["major_axis_length"]) == (1, 1, 1, 0)
    assert found["maximum_diameter"] == pytest.approx(2**0.5)
    assert np.isnan(found["elongation"])


@settings(max_examples=60, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))).filter(lambda mask: mask.any()))
def test_a_quarter_turn_and_a_mirror_change_nothing(mask):
    found = measure_shape(mask)
    assert 0 < found["solidity"] <= 1
    for other in (np.rot90(mask), mask[:, ::-1]):
        turned = measure_shape(np.ascontiguousarray(other))
        assert list(turned.values()) == pytest.approx(list(found.values()), nan_ok=True, rel=1e-6)


def test_pixels_that_are_not_square_are_measured_in_their_own_height_and_width():
    """Four pixels in a row, each 3 high and 0.5 wide: a box of 3 x 2. Their centres lie along the width, and so do axes of no height."""
    found = measure_shape(np.ones((1, 4), bool), spacing=(3.0, 0.5))
    assert found["area"] == 6
    assert found["maximum_diameter"] == pytest.approx(13**0.5)
    assert found["major_axis_length"] == pytest.approx(4 * 0.5 * 1.25**0.5)
    assert found["minor_axis_length"] == 0
    upright = measure_shape(np.ones((4, 1), bool), spacing=(3.0, 0.5))
    assert upright["maximum_diameter"] == pytest.approx((12**2 + 0.5**2) ** 0.5)
    assert upright["major_axis_length"] == pytest.approx(4 * 3 * 1.25**0.5)
    # Two pixels that touch in a corner, 5 apart.
    assert measure_shape(np.eye(2) > 0, spacing=(3.0, 4.0))["major_axis_length"] == pytest.approx(4 * 2.5)
