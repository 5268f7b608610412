import numpy as np
import pytest

from tumourflow.curation.neighbours import MOST, Reach, find_touched, list_neighbours, list_neighbours_of, set_reach, sort_pairs
from tumourflow.imaging.perceptual_hash import NORM


def find_neighbours(points: np.ndarray, radius: float, owners: np.ndarray, norm: float = 1) -> np.ndarray:
    return sort_pairs(np.sort(list_neighbours(points, set_reach(radius, owners, norm)), axis=1), len(points))


def scatter(number: int, spread: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(number // 5, 1), 12))
    points = centres[rng.integers(len(centres), size=number)] + rng.normal(0, spread, (number, 12))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("number", [1, 7, 300, 2500])
def test_no_pair_is_missed_and_none_invented(number):
    points = scatter(number, 0.05)
    owners = np.random.default_rng(1).integers(0, 40, number)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    near = (distances <= 0.12) & (owners[:, None] != owners[None])
    assert near.sum(axis=1).max() <= MOST, "else the nearest alone would be taken"
    expected = np.argwhere(np.triu(near, 1)).tolist()
    assert find_neighbours(points, 0.12, owners).tolist() == expected
    assert number < 300 or len(expected) > 50


@pytest.mark.parametrize("at_once", [30, 4096])
def test_in_a_crowd_the_nearest_are_taken(monkeypatch, at_once):
    monkeypatch.setattr("tumourflow.curation.leaves._AT_ONCE", at_once)
    number = 400
    angles = np.linspace(0, 0.1, number)
    points = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    pairs = find_neighbours(points, 0.2, np.arange(number))
    assert len(pairs) <= MOST * number
    assert {(row, row + 1) for row in range(number - 1)} <= set(map(tuple, pairs.tolist()))


def test_nothing_has_no_neighbours():
    assert find_neighbours(np.empty((0, 3), np.float32), 0.1, np.empty(0, np.int64)).shape == (0, 2)


def test_integers_have_the_same_neighbours_as_the_numbers_they_were_rounded_from():
    points, owners = scatter(5000, 0.01, seed=3), np.arange(5000)
    whole = np.rint(30_000 * points).astype(np.int16)
    expected = find_neighbours(points, 0.1, owners)
    assert len(expected) > 50
    assert find_neighbours(whole, 0.1, owners, norm=30_000).tolist() == expected.tolist()


def test_some_points_have_the_neighbours_that_they_have_among_all(monkeypatch):
    monkeypatch.setattr("tumourflow.curation.neighbours._AT_ONCE", 7)
    monkeypatch.setattr("tumourflow.curation.leaves._AT_ONCE", 100)
    points = np.rint(NORM * scatter(900, 0.2)).astype(np.int16)
    reach = set_reach(0.9, np.random.default_rng(1).integers(0, 200, 900), NORM)
    every = list_neighbours(points, reach)
    assert np.bincount(every[:, 0]).max() == MOST
    some = np.arange(0, 900, 31)
    np.testing.assert_array_equal(list_neighbours_of(some, points, reach), every[np.isin(every[:, 0], some)])
    products = points.astype(np.int64) @ points.T.astype(np.int64)
    near = (products >= reach.product) & (reach.owners[:, None] != reach.owners[None])
    np.testing.assert_array_equal(find_touched(some, points, reach), near[:, some].any(axis=1))
    assert 0 < near[:, some].any(axis=1).sum() < 900


def test_of_neighbours_that_are_as_near_the_first_are_taken_wherever_they_lie(monkeypatch):
    monkeypatch.setattr("tumourflow.curation.leaves._AT_ONCE", 10)
    points = np.repeat(np.array([[NORM, 0]], np.int16), 100, axis=0)
    found = list_neighbours(points, set_reach(0.1, np.arange(100), NORM))
    assert found[found[:, 0] == 90, 1].tolist() == list(range(32))
    assert found[found[:, 0] == 5, 1].tolist() == [place for place in range(33) if place != 5]


def test_pairs_are_sorted_each_once():
    pairs = np.array([[1, 0], [0, 2], [0, 0], [0, 2]], np.int32)
    assert sort_pairs(pairs, 3).tolist() == [[0, 0], [0, 2], [1, 0]]


def test_who_is_just_within_reach_is_a_neighbour():
    """The product of (3, 4) and (4, 3) is 24, and so is that of (4, 3) and (3, 4)."""
    points = np.array([[3, 4], [4, 3], [5, 0]], np.int16)
    assert list_neighbours(points, Reach(24, np.arange(3))).tolist() == [[0, 1], [1, 0]]
    assert list_neighbours_of(np.array([1]), points, Reach(24, np.arange(3))).tolist() == [[1, 0]]


@pytest.mark.parametrize("seed", range(6))
def test_boxes_leave_out_nothing_whose_product_is_large_enough(monkeypatch, seed):
    """Rounded points are not all of one norm, so that some are further apart than their product tells."""
    monkeypatch.setattr("tumourflow.curation.neighbours.MOST", 700)
    monkeypatch.setattr("tumourflow.curation.leaves._LEAF", 8)
    angles = np.random.default_rng(seed).uniform(0, 1, 700)
    points = np.rint(NORM * np.column_stack([np.cos(angles), np.sin(angles)])).astype(np.int16)
    reach = set_reach(0.05, np.arange(700), NORM)
    np.testing.assert_array_equal(list_neighbours(points, reach), list_neighbours_of(np.arange(700), points, reach))
