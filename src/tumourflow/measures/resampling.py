"""Which patients are in each resample of a bootstrap, the same for every figure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
SEED = 20260101
"""Seed of the resampling, the same for every figure, so that figures on the same patients are resampled alike."""

_INDICES_AT_ONCE = 2**22


def draw_patients(patients: int) -> Iterator[npt.NDArray[np.int64]]:
    """Draw the patients of each resample, as many as there are and with replacement.

    Args:
        patients: Number of patients, at least 1.

    Yields:
        Numbers of patients, counted from 0, `(resamples, patients)`; 2,000 resamples in all, in parts, so that memory stays bounded.

    Example:
        >>> [draw.shape for draw in draw_patients(3)]
        [(2000, 3)]
    """
    rng = np.random.default_rng(SEED)
    remaining = RESAMPLES
    while remaining:
        rows = min(remaining, max(_INDICES_AT_ONCE // patients, 1))
        yield rng.integers(patients, size=(rows, patients))
        remaining -= rows


def draw_weights(patients: int, most: int = RESAMPLES) -> Iterator[npt.NDArray[np.float64]]:
    """Tell how often each patient is in each resample, the same resamples as those of every other interval.

    A figure that is a function of such weights needs no copy of a patient's images: sums are a matrix product, ranks are sorted once.

    Args:
        patients: Number of patients, at least 1.
        most: Most resamples at once, so that memory stays bounded.

    Yields:
        Counts `(resamples, patients)`, 2,000 resamples in all; each row adds up to the number of patients.

    Example:
        >>> [weights.tolist() for weights in draw_weights(1, most=1999)][1]
        [[1.0]]
    """
    for draw in draw_patients(patients):
        for first in range(0, len(draw), most):
            rows = draw[first : first + most]
            numbered = rows + patients * np.arange(len(rows))[:, None]
            yield np.bincount(numbered.ravel(), minlength=rows.size).reshape(rows.shape).astype(np.float64)
