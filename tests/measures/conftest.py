import numpy as np
import pytest


def _blobs(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    rows, columns = np.indices(shape)
    for _ in range(rng.integers(1, 4)):
        row, column = rng.integers(shape[0]), rng.integers(shape[1])
        height, width = rng.uniform(1, 9, 2)
        mask |= ((rows - row) / height) ** 2 + ((columns - column) / width) ** 2 <= 1
    return mask ^ (mask & (rng.random(shape) < 0.05))


@pytest.fixture(scope="session")
def mask_pairs() -> list[tuple[np.ndarray, np.ndarray]]:
    """200 pairs of ragged blobs, some at the image's edge, every fourth prediction close to its truth."""
    rng = np.random.default_rng(5)
    pairs = []
    for number in range(200):
        shape = (int(rng.integers(12, 40)), int(rng.integers(12, 40)))
        truth = _blobs(rng, shape)
        prediction = np.roll(truth, rng.integers(-2, 3, 2), (0, 1)) if number % 4 == 0 else _blobs(rng, shape)
        pairs.append((truth, prediction))
    return [pair for pair in pairs if pair[0].any() and pair[1].any()]
