"""Some numbers that are close wherever two thumbnails look alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import sqrt

import numpy as np
import numpy.typing as npt

from tumourflow.imaging.thumbnail import SIDE

Hashes = npt.NDArray[np.int16]
Thumbnails = npt.NDArray[np.uint8]

_FREQUENCIES = 20
NUMBERS = _FREQUENCIES * (_FREQUENCIES + 1) // 2
"""How many numbers a hash has."""
NORM = 4_088
"""Norm of a hash, whose numbers are integers: rounded, it stays below 4096, and float32 adds up products below 2**24 without rounding."""

_CHUNK = 256
_ROUNDING = 2 * (0.5 * sqrt(NUMBERS)) / NORM + 1e-5
"""How much rounding can change the product of two hashes, and the distance between them, as a share of what norm 1 would give.

Each number is off by one half at the most, two hashes together by twice the norm of as many halves. The rest is for what two
roundings have in common.
"""


def hash_thumbnails(thumbnails: Thumbnails) -> Hashes:
    """Describe each thumbnail by its lowest frequencies, at distances that never exceed those of the thumbnails themselves.

    A thumbnail of zero mean and unit norm is projected onto the orthonormal cosines (DCT-II) of low frequency; the norm of what they
    leave over is the last number. Two such thumbnails of correlation r are sqrt(2 (1 - r)) apart. Neither an orthonormal projection
    nor the norms of the rests (by the triangle inequality) can set them further apart, so whoever looks within `hash_radius(r)`
    misses no pair of correlation r or more.

    Args:
        thumbnails: `(n, 48, 48)` uint8, as `make_thumbnail` gives them.

    Returns:
        `(n, 210)` int16, each row of norm `NORM` but for rounding, or all 0 where the thumbnail is constant.
    """
    cosines = _cosines()
    hashes = np.empty((len(thumbnails), NUMBERS), np.int16)
    for place in _chunks(len(thumbnails)):
        rows = _standardise(thumbnails[place])
        low = rows @ cosines
        rest = (rows * rows).sum(axis=1) - (low * low).sum(axis=1)
        hashes[place] = np.rint(NORM * np.column_stack([low, np.sqrt(np.maximum(rest, 0))]))
    return hashes


def hash_radius(correlation: float) -> float:
    """Compute how far apart the hashes of two thumbnails of this correlation can be at most, as a share of their norm.

    Its margin for rounding suffices for the distance itself, and for the one that follows from the product of the hashes.

    Example:
        >>> round(hash_radius(0.98), 3)
        0.221
    """
    return sqrt(2 * (max(1 - correlation, 0) + _ROUNDING)) + _ROUNDING


def correlate(thumbnails: Thumbnails, firsts: npt.NDArray[np.int64], seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Compute the correlation of pairs of thumbnails, from sums of integers, so that every machine finds the same.

    Args:
        thumbnails: `(n, 48, 48)` uint8.
        firsts: Rows of the pairs' first thumbnails, shape `(m,)`.
        seconds: Rows of their second, shape `(m,)`.

    Returns:
        `(m,)` float64 in -1..1; 0 where one of them is constant.

    Example:
        >>> slope = np.arange(48 * 48).reshape(48, 48) // 10
        >>> pair = np.stack([slope, 255 - slope]).astype(np.uint8)
        >>> correlate(pair, np.array([0, 0]), np.array([0, 1])).tolist()
        [1.0, -1.0]
    """
    every = np.arange(len(thumbnails))
    sums = np.concatenate([np.empty(0), *(rows.sum(axis=1) for rows in _widen(thumbnails, every))])
    squares = np.concatenate([np.empty(0), *(_multiply(rows, rows) for rows in _widen(thumbnails, every))])
    norms = np.sqrt(squares * SIDE**2 - sums * sums)
    correlations = np.empty(len(firsts))
    for place, first, second in zip(_chunks(len(firsts)), _widen(thumbnails, firsts), _widen(thumbnails, seconds), strict=True):
        left, right = firsts[place], seconds[place]
        scale = norms[left] * norms[right]
        correlations[place] = (_multiply(first, second) * SIDE**2 - sums[left] * sums[right]) / np.where(scale > 0, scale, 1)
    return np.clip(correlations, -1, 1)


def _widen(thumbnails: Thumbnails, rows: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int32]]:
    return (thumbnails[rows[place]].reshape(-1, SIDE * SIDE).astype(np.int32) for place in _chunks(len(rows)))


def _multiply(first: npt.NDArray[np.int32], second: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    return np.asarray(np.einsum("ij,ij->i", first, second), dtype=np.float64)


def _standardise(thumbnails: Thumbnails) -> npt.NDArray[np.float64]:
    # In double precision, or the order of a sum would decide here and there to which integer a number is rounded.
    rows = thumbnails.reshape(len(thumbnails), -1).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    rows /= np.where(norms > 0, norms, 1)
    return rows


def _chunks(number: int) -> Iterator[slice]:
    # All thumbnails of a large cohort as floating-point numbers would not fit into memory.
    return (slice(start, start + _CHUNK) for start in range(0, number, _CHUNK))


@cache
def _cosines() -> npt.NDArray[np.float64]:
    waves = np.cos(np.pi / SIDE * np.outer(np.arange(_FREQUENCIES), np.arange(SIDE) + 0.5)) * sqrt(2 / SIDE)
    waves[0] /= sqrt(2)
    pairs = [(down, across) for down in range(_FREQUENCIES) for across in range(_FREQUENCIES - down) if down + across]
    return np.stack([np.outer(waves[down], waves[across]).ravel() for down, across in pairs], axis=1)
