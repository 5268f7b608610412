"""Texture by run lengths: how far a grey level goes on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tumourflow.radiomics.discretise import LEVELS
from tumourflow.radiomics.glcm import entropy
from tumourflow.radiomics.types import Features

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.uint8]

NAMES = (
    "short_runs_emphasis",
    "long_runs_emphasis",
    "low_grey_level_run_emphasis",
    "high_grey_level_run_emphasis",
    "short_run_low_grey_level_emphasis",
    "short_run_high_grey_level_emphasis",
    "long_run_low_grey_level_emphasis",
    "long_run_high_grey_level_emphasis",
    "grey_level_non_uniformity",
    "normalised_grey_level_non_uniformity",
    "run_length_non_uniformity",
    "normalised_run_length_non_uniformity",
    "run_percentage",
    "grey_level_variance",
    "run_length_variance",
    "run_entropy",
)


def count_runs(levels: Levels, number: int = LEVELS) -> Floats:
    """Count runs of equal grey levels along rows, columns and both diagonals.

    Args:
        levels: Grey levels `(height, width)` from 1 to `number`, 0 outside the region.
        number: How many there are.

    Returns:
        `(number, longest, 4)`: runs by grey level and length, which counts from 1; `longest` is the longer side.

    Example:
        >>> count_runs(np.array([[2, 2, 1, 0, 2]], np.uint8), 2)[:, :3, 0].tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    """
    longest = max(levels.shape)
    return np.stack([_count_along(line, number, longest) for line in _lay_out(levels)], axis=2)


def measure_run_lengths(runs: Floats) -> Features:
    """Measure a run length matrix.

    Args:
        runs: Counts `(levels, lengths)` of one direction, or `(levels, lengths, directions)` of several that are merged.

    Returns:
        IBSI's features of `NAMES`; all NaN without a run.

    Reference:
        Zwanenburg 2020, doi:10.1148/radiol.2020191145; Galloway 1975, doi:10.1016/S0146-664X(75)80008-6.

    Example:
        >>> measure_run_lengths(np.array([[1.0, 1.0]]))["short_runs_emphasis"]  # (1 + 1/4) / 2
        0.625
    """
    directions = runs.shape[2] if runs.ndim == 3 else 1
    counts = runs.sum(axis=2) if runs.ndim == 3 else runs
    total = counts.sum()
    if not total:
        return dict.fromkeys(NAMES, np.nan)
    level, length = np.arange(1, counts.shape[0] + 1) ** 2.0, np.arange(1, counts.shape[1] + 1) ** 2.0
    p = counts / total
    by_level, by_length = p.sum(axis=1), p.sum(axis=0)
    pixels = float(counts.sum(axis=0) @ np.sqrt(length)) / directions
    numbers = {
        "short_runs_emphasis": by_length @ (1 / length),
        "long_runs_emphasis": by_length @ length,
        "low_grey_level_run_emphasis": by_level @ (1 / level),
        "high_grey_level_run_emphasis": by_level @ level,
        "short_run_low_grey_level_emphasis": (1 / level) @ p @ (1 / length),
        "short_run_high_grey_level_emphasis": level @ p @ (1 / length),
        "long_run_low_grey_level_emphasis": (1 / level) @ p @ length,
        "long_run_high_grey_level_emphasis": level @ p @ length,
        "grey_level_non_uniformity": np.square(by_level).sum() * total,
        "normalised_grey_level_non_uniformity": np.square(by_level).sum(),
        "run_length_non_uniformity": np.square(by_length).sum() * total,
        "normalised_run_length_non_uniformity": np.square(by_length).sum(),
        "run_percentage": total / (pixels * directions),
        "grey_level_variance": by_level @ level - (by_level @ np.sqrt(level)) ** 2,
        "run_length_variance": by_length @ length - (by_length @ np.sqrt(length)) ** 2,
        "run_entropy": entropy(p),
    }
    return {name: float(number) for name, number in numbers.items()}


def _lay_out(levels: Levels) -> Iterator[Levels]:
    # Each direction as one line, in which a 0 parts neighbouring rows, columns or diagonals.
    padded = np.pad(levels, ((0, 0), (0, 1)))
    yield padded.ravel()
    yield np.pad(levels.T, ((0, 0), (0, 1))).ravel()
    for plane in (levels, levels[:, ::-1]):
        yield _lean(plane).T.ravel()


def _lean(levels: Levels) -> Levels:
    # Each row is moved one further than that above it, so that a diagonal stands upright.
    height, width = levels.shape
    padded = np.pad(levels, ((0, 0), (0, height + 1)))
    leaning = padded.ravel()[: height * (width + height)].reshape(height, width + height)
    return np.pad(leaning, ((0, 1), (0, 0)))


def _count_along(line: Levels, number: int, longest: int) -> Floats:
    starts = np.flatnonzero(np.diff(line, prepend=255))
    lengths = np.diff(starts, append=len(line))
    kinds = line[starts].astype(np.int64)
    inside = kinds > 0
    places = (kinds[inside] - 1) * longest + lengths[inside] - 1
    return np.bincount(places, minlength=number * longest).reshape(number, longest).astype(np.float64)
