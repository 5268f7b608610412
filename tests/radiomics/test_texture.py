"""Grey levels, local binary patterns and boxes."""

import numpy as np
import pytest

from tumourflow.radiomics.discretise import discretise
from tumourflow.radiomics.fractal import measure_fractal
from tumourflow.radiomics.lbp import measure_lbp


def test_levels_are_of_equal_width_within_the_region():
    image = np.arange(16, dtype=np.float32).reshape(4, 4)
    mask = image < 8
    assert discretise(image, mask, 4).tolist() == [[1, 1, 2, 2], [3, 3, 4, 4], [0] * 4, [0] * 4]
    assert discretise(3 * image + 7, mask, 4).tolist() == discretise(image, mask, 4).tolist()


def test_a_constant_region_has_one_level_and_an_empty_one_none():
    image = np.full((2, 2), 5, np.float32)
    assert discretise(image, image > 0).tolist() == [[1, 1], [1, 1]]
    assert discretise(image, image < 0).tolist() == [[0, 0], [0, 0]]


def test_patterns_of_an_edge_a_spot_and_a_plain():
    image = np.zeros((20, 20), np.float32)
    image[:, 10:] = 1
    flat = np.zeros((20, 20), bool)
    flat[5:15, 2:6] = True
    assert measure_lbp(image, flat)["bright_neighbours_8"] == 1
    edge = np.zeros((20, 20), bool)
    edge[5:15, 10] = True
    # The bright side of the edge: five neighbours in a half circle are as bright.
    assert measure_lbp(image, edge)["bright_neighbours_5"] == 1


def test_patterns_do_not_depend_on_contrast_and_are_shares():
    image = np.random.default_rng(0).integers(0, 50, (30, 30)).astype(np.float32)
    mask = image > 10
    found = measure_lbp(image, mask)
    assert sum(found.values()) == pytest.approx(1)
    assert measure_lbp(4 * image + 3, mask) == found


def test_without_pixels_there_are_no_patterns():
    assert all(np.isnan(share) for share in measure_lbp(np.zeros((3, 3), np.float32), np.zeros((3, 3), bool)).values())


def test_dimensions_of_a_square_a_line_and_a_carpet():
    solid = measure_fractal(np.ones((128, 128), bool))
    assert solid["area_dimension"] == pytest.approx(2)
    assert solid["outline_dimension"] == pytest.approx(1, abs=0.1)
    assert measure_fractal(np.ones((1, 128), bool))["area_dimension"] == pytest.approx(1)
    carpet = np.ones((1, 1), bool)
    for _ in range(5):  # Sierpinski's triangle: log 3 / log 2
        carpet = np.block([[carpet, np.zeros_like(carpet)], [carpet, carpet]])
    assert measure_fractal(carpet)["area_dimension"] == pytest.approx(np.log2(3), abs=0.02)


@pytest.mark.parametrize("mask", [np.zeros((9, 9), bool), np.eye(1, dtype=bool), np.ones((3, 3), bool)])
def test_what_is_too_small_for_two_sizes_of_boxes_has_no_dimension(mask):
    assert np.isnan(measure_fractal(mask)["outline_dimension"])
