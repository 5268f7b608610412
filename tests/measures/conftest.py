import numpy as np
import pandas as pd
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


@pytest.fixture(scope="session")
def random_scores() -> list[pd.DataFrame]:
    """200 tables of two to four classes and up to 60 images of up to 12 patients, every second one full of ties."""
    rng = np.random.default_rng(7)
    tables = []
    for number in range(200):
        size, images = int(rng.integers(2, 5)), int(rng.integers(2, 60))
        labels = rng.integers(size, size=images)
        probabilities = rng.dirichlet(np.ones(size), images) + rng.random() * np.eye(size)[labels]
        # Quarters: some images of equal probability, some with two classes equally probable.
        counts = rng.multinomial(4, [1 / size] * size, images) if number % 2 else probabilities
        patients = [f"p{patient}" for patient in rng.integers(12, size=images)]
        table = pd.DataFrame({"case_id": range(images), "patient": patients, "group": patients, "split": "test"})
        columns = {f"probability.{name}": column for name, column in zip("abcd", (counts / counts.sum(1, keepdims=True)).T, strict=False)}
        tables.append(table.assign(label=[*map("abcd".__getitem__, labels)], **columns))
    return tables
