import numpy as np
import pytest

from tumourflow.radiomics.glcm import NAMES, count_neighbours, measure_glcm

AVERAGED = {
    "joint_maximum": 0.519,
    "joint_average": 2.14,
    "joint_variance": 2.69,
    "joint_entropy": 2.05,
    "difference_average": 1.42,
    "difference_variance": 2.90,
    "difference_entropy": 1.40,
    "sum_entropy": 1.60,
    "angular_second_moment": 0.368,
    "contrast": 5.28,
    "inverse_difference": 0.678,
    "normalised_inverse_difference": 0.851,
    "inverse_difference_moment": 0.619,
    "normalised_inverse_difference_moment": 0.899,
    "inverse_variance": 0.0567,
    "correlation": -0.0121,
    "autocorrelation": 5.09,
    "cluster_tendency": 5.47,
    "cluster_shade": 7.00,
    "cluster_prominence": 79.1,
    "information_correlation_1": -0.155,
    "information_correlation_2": 0.487,
}
"""IBSI's reference values for its phantom: each slice and direction by itself, then averaged (BTW3)."""
MERGED = {"joint_maximum": 0.512, "joint_average": 2.14, "joint_variance": 2.71, "contrast": 5.19, "joint_entropy": 2.24}
"""The same, the directions of a slice merged (SUJT)."""


@pytest.mark.parametrize("name", NAMES)
def test_each_direction_by_itself_gives_the_reference_value(phantom, name):
    found = [measure_glcm(count_neighbours(plane, 6)[:, :, direction])[name] for plane in phantom for direction in range(4)]
    assert np.mean(found) == pytest.approx(AVERAGED[name], rel=3e-3)


@pytest.mark.parametrize("name", MERGED)
def test_directions_merged_give_the_reference_value(phantom, name):
    found = [measure_glcm(count_neighbours(plane, 6).sum(axis=2))[name] for plane in phantom]
    assert np.mean(found) == pytest.approx(MERGED[name], rel=2e-3)


def test_what_lies_outside_is_no_neighbour():
    assert count_neighbours(np.array([[1, 0, 2]], np.uint8), 2).sum() == 0


def test_without_a_pair_nothing_is_defined():
    assert all(np.isnan(number) for number in measure_glcm(np.zeros((4, 4))).values())


def test_a_flat_region_has_no_correlation_and_no_contrast():
    found = measure_glcm(count_neighbours(np.ones((3, 3), np.uint8), 4).sum(axis=2))
    assert np.isnan(found["correlation"])
    assert np.isnan(found["information_correlation_1"])
    assert (found["contrast"], found["joint_entropy"], found["angular_second_moment"]) == (0, 0, 1)


def test_a_chessboard_of_two_levels_by_hand():
    """Along rows and columns every pair differs by one; the diagonals are equal pairs: 2 x 2 pixels have 4 and 2 pairs, both ways."""
    pairs = count_neighbours(np.array([[1, 2], [2, 1]], np.uint8), 2)
    assert pairs[:, :, 0].tolist() == [[0, 2], [2, 0]]
    assert pairs.sum(axis=2).tolist() == [[2, 4], [4, 2]]
    assert measure_glcm(pairs.sum(axis=2))["contrast"] == pytest.approx(8 / 12)
