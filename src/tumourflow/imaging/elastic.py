"""Smooth random displacement fields."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tumourflow.types import Float32

CONTROL_POINTS = 7
"""Control points along each axis: four spans, so that neighbouring organs move differently and a tumour stays one."""


def draw_control_points(largest: float, rng: np.random.Generator) -> Float32:
    """Draw the control points of a field, uniform between -largest and largest.

    Args:
        largest: Largest displacement along an axis, in any unit.
        rng: Source of randomness.

    Returns:
        Displacements along the rows and along the columns, shape `(2, CONTROL_POINTS, CONTROL_POINTS)`.
    """
    return rng.uniform(-largest, largest, (2, CONTROL_POINTS, CONTROL_POINTS)).astype(np.float32)


def spread_control_points(points: Float32, height: int, width: int) -> Float32:
    """Spread control points over an image by uniform cubic B-splines.

    B-splines stay within the range of their control points, so that no displacement is larger than the largest drawn.

    Args:
        points: What `draw_control_points` gave.
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        Displacement of each pixel along the rows and along the columns, shape `(2, height, width)`.

    Reference:
        Rueckert et al. 1999, doi:10.1109/42.796284.

    Example:
        >>> field = spread_control_points(np.full((2, 7, 7), 3, np.float32), 4, 5)
        >>> field.shape, bool(np.allclose(field, 3))
        ((2, 4, 5), True)
    """
    down, across = _spline_weights(height), _spline_weights(width)
    return np.asarray(down @ points @ across.T, np.float32)


@lru_cache(maxsize=16)
def _spline_weights(length: int) -> Float32:
    spans = CONTROL_POINTS - 3
    position = (np.arange(length) + 0.5) / length * spans
    span = np.minimum(position.astype(int), spans - 1)
    weights = np.zeros((length, CONTROL_POINTS), np.float32)
    for step, weight in enumerate(_basis(position - span)):
        weights[np.arange(length), span + step] = weight
    return weights


def _basis(t: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
    return (1 - t) ** 3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6, t**3 / 6
