from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

Cohort = tuple[np.ndarray, np.ndarray, pd.DataFrame]


@pytest.fixture(scope="session")
def make_cohort() -> Callable[..., Cohort]:
    """Writes patients of four 32 x 32 slices; a bright disc is the tumour of the two in the middle."""

    def make(splits: dict[str, str], *, tumour: bool = True) -> Cohort:
        rng = np.random.default_rng(0)
        count = 4 * len(splits)
        rows, columns = np.mgrid[:32, :32]
        masks = np.zeros((count, 32, 32), np.uint8)
        for position in range(count) if tumour else ():
            row, column = rng.uniform(10, 22, size=2)
            masks[position] = ((rows - row) ** 2 + (columns - column) ** 2 < 36) & (position % 4 in (1, 2))
        images = rng.normal(size=(count, 32, 32, 2)).astype(np.float16)
        images[..., 0] += 3 * masks
        index = pd.DataFrame(
            {
                "case_id": [f"{patient}/{number}" for patient in splits for number in range(4)],
                "patient": [patient for patient in splits for _ in range(4)],
                "slice": [number for _ in splits for number in range(4)],
                "split": [split for split in splits.values() for _ in range(4)],
                "tumour": masks.any(axis=(1, 2)),
            }
        )
        return images, masks, index

    return make


@pytest.fixture(scope="session")
def cohort(make_cohort: Callable[..., Cohort]) -> Cohort:
    return make_cohort({"a": "train", "b": "test", "c": "train", "d": "validation", "e": "train", "f": "validation"})
