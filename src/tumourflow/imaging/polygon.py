"""What a person drew as a line, as a mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumourflow.types import Mask

_MOST_CROSSINGS = 2**20
_DECIMALS = 6


def fill_polygon(points: npt.NDArray[np.float64], shape: tuple[int, int]) -> Mask:
    """Fill a polygon: a pixel belongs to it where its centre does, its edges included.

    Where the line crosses itself, what it goes round twice is outside.

    Args:
        points: `(n, 2)`: x (column) and y (row) of the corners in pixels; the centre of the first pixel is (0, 0). It is closed by itself.
        shape: Height and width of the mask; what lies outside is cut off.

    Returns:
        `(height, width)` booleans.

    Example:
        >>> fill_polygon(np.array([[0.5, -1], [2.5, -1], [2.5, 0.5], [0.5, 0.5]]), (2, 4)).astype(int).tolist()
        [[0, 1, 1, 0], [0, 0, 0, 0]]
    """
    height, width = shape
    # Slopes between far corners, or between rows that hardly differ, would overflow; what is moved closer lies outside.
    corners = np.column_stack([np.clip(points[:, axis], -length, 2 * length) for axis, length in ((0, width), (1, height))])
    corners = corners.round(_DECIMALS)
    filled = np.zeros(shape, np.bool_)
    first, last = max(int(np.ceil(corners[:, 1].min())), 0), min(int(corners[:, 1].max()), height - 1)
    step = max(_MOST_CROSSINGS // len(corners), 1)
    for start in range(first, last + 1, step):
        rows = np.arange(start, min(start + step, last + 1))
        # An edge that lies along a row bounds what is above it in one way of counting, what is below it in the other.
        filled[rows] = _fill_rows(corners, rows, width, upper=True) | _fill_rows(corners, rows, width, upper=False)
    return filled


def agreement(first: Mask, second: Mask) -> float:
    """Compute the Dice coefficient of two masks of one shape; 1 where both are empty.

    Example:
        >>> agreement(np.array([[True, True]]), np.array([[True, False]]))
        0.6666666666666666
    """
    pixels = int(np.count_nonzero(first)) + int(np.count_nonzero(second))
    return 2 * int(np.count_nonzero(first & second)) / pixels if pixels else 1.0


def _fill_rows(corners: npt.NDArray[np.float64], rows: npt.NDArray[np.int64], width: int, *, upper: bool) -> Mask:
    (x, y), (next_x, next_y) = corners.T, np.roll(corners, -1, axis=0).T
    above, next_above = (each[None] <= rows[:, None] if upper else each[None] < rows[:, None] for each in (y, next_y))
    place, edge = np.nonzero(above != next_above)
    crossings = x[edge] + (rows[place] - y[edge]) * ((next_x - x)[edge] / (next_y - y)[edge])
    # In each row crossings come in pairs, between which it is inside.
    order = np.lexsort((crossings, place))
    place, crossings = place[order][::2], crossings[order].reshape(-1, 2)
    starts = np.clip(np.ceil(crossings[:, 0]), 0, width).astype(np.int64)
    ends = np.clip(np.floor(crossings[:, 1]) + 1, 0, width).astype(np.int64)
    changes = np.zeros((len(rows), width + 1), np.int32)
    np.add.at(changes, (place, starts), 1)
    np.add.at(changes, (place, np.maximum(ends, starts)), -1)
    return np.asarray(changes.cumsum(axis=1)[:, :width] > 0)
