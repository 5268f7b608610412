import numpy as np
import pytest

from tumourflow.curation.neighbours import MOST, find_neighbours


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
    monkeypatch.setattr("tumourflow.curation.neighbours._AT_ONCE", at_once)
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
