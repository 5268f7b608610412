"""Square holes (cut-out): what a network must do without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tumourflow.options import AugmentationOptions
from tumourflow.types import Float32


@dataclass(frozen=True)
class Hole:
    """A square, in shares of the image's height and width.

    Attributes:
        row: Its centre from the top, in [0, 1].
        column: Its centre from the left, in [0, 1].
        side: Its side.
    """

    row: float
    column: float
    side: float


def draw_holes(options: AugmentationOptions, rng: np.random.Generator) -> tuple[Hole, ...]:
    """Draw none to `options.holes` holes of sides up to `options.hole_size`.

    Args:
        options: Ranges to draw from.
        rng: Source of randomness.

    Returns:
        The holes.
    """
    number = int(rng.integers(0, options.holes + 1))
    return tuple(Hole(row, column, side * options.hole_size) for row, column, side in rng.random((number, 3)).tolist())


def cut_holes(plane: Float32, holes: tuple[Hole, ...], fill: float) -> Float32:
    """Fill holes of one channel; the mask keeps what lies below them, as is usual for cut-out.

    Args:
        plane: Shape `(height, width)`.
        holes: Where; parts beyond the image are ignored.
        fill: Value of the holes.

    Returns:
        A new array of the same shape; the plane itself where there are no holes.

    Reference:
        DeVries and Taylor 2017, doi:10.48550/arXiv.1708.04552.

    Example:
        >>> cut_holes(np.ones((2, 4), np.float32), (Hole(0.75, 0.25, 0.5),), 0).tolist()
        [[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]
    """
    if not holes:
        return plane
    cut = plane.copy()
    height, width = plane.shape
    for hole in holes:
        cut[_stretch(hole.row, hole.side, height), _stretch(hole.column, hole.side, width)] = fill
    return cut


def _stretch(centre: float, share: float, length: int) -> slice:
    return slice(max(round((centre - share / 2) * length), 0), max(round((centre + share / 2) * length), 0))
