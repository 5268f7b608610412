import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tumourflow.radiomics.run_lengths import NAMES, count_runs, measure_run_lengths

AVERAGED = {
    "short_runs_emphasis": 0.641,
    "long_runs_emphasis": 3.78,
    "low_grey_level_run_emphasis": 0.604,
    "high_grey_level_run_emphasis": 9.82,
    "short_run_low_grey_level_emphasis": 0.294,
    "short_run_high_grey_level_emphasis": 8.57,
    "long_run_low_grey_level_emphasis": 3.14,
    "long_run_high_grey_level_emphasis": 17.4,
    "grey_level_non_uniformity": 5.20,
    "normalised_grey_level_non_uniformity": 0.460,
    "run_length_non_uniformity": 6.12,
    "normalised_run_length_non_uniformity": 0.492,
    "run_percentage": 0.627,
    "grey_level_variance": 3.35,
    "run_length_variance": 0.761,
    "run_entropy": 2.17,
}
"""IBSI's reference values for its phantom: each slice and direction by itself, then averaged (BTW3)."""
MERGED = {"short_runs_emphasis": 0.661, "grey_level_non_uniformity": 20.5, "run_length_non_uniformity": 21.6, "run_entropy": 2.57}
"""The same, the directions of a slice merged (SUJT)."""


@pytest.mark.parametrize("name", NAMES)
def test_each_direction_by_itself_gives_the_reference_value(phantom, name):
    found = [measure_run_lengths(count_runs(plane, 6)[:, :, direction])[name] for plane in phantom for direction in range(4)]
    assert np.mean(found) == pytest.approx(AVERAGED[name], rel=2e-3)


@pytest.mark.parametrize("name", MERGED)
def test_directions_merged_give_the_reference_value(phantom, name):
    found = [measure_run_lengths(count_runs(plane, 6))[name] for plane in phantom]
    assert np.mean(found) == pytest.approx(MERGED[name], rel=2e-3)


def test_runs_of_a_small_plane_by_hand():
    """
    1 1 2
    2 1 0
    """
    rows, columns, falling, rising = np.moveaxis(count_runs(np.array([[1, 1, 2], [2, 1, 0]], np.uint8), 2), 2, 0)
    assert rows.tolist() == [[1, 1, 0], [2, 0, 0]]
    assert columns.tolist() == [[1, 1, 0], [2, 0, 0]]
    assert sorted([falling.tolist(), rising.tolist()]) == sorted([[[1, 1, 0], [2, 0, 0]], [[3, 0, 0], [2, 0, 0]]])


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 4)))
def test_every_pixel_is_in_one_run_of_each_direction(levels):
    runs = count_runs(levels, 4)
    lengths = np.arange(1, runs.shape[1] + 1)
    by_level = [(levels == level).sum() for level in range(1, 5)]
    for direction in range(4):
        assert (runs[:, :, direction] @ lengths).tolist() == by_level


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 4)))
def test_a_quarter_turn_changes_nothing_but_the_order_of_directions(levels):
    assert np.array_equal(count_runs(levels, 4).sum(axis=2), count_runs(np.rot90(levels), 4).sum(axis=2))


def test_without_a_run_nothing_is_defined():
    assert all(np.isnan(number) for number in measure_run_lengths(np.zeros((4, 4, 4))).values())
