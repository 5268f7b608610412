"""What a person drew as a line, as a mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumourflow.types import Mask


def fill_polygon(points: npt.NDArray[np.float64], shape: tuple[int, int]) -> Mask:
    """Fill a polygon: a pixel belongs to it where its centre does.

    Args:
        points: `(n, 2)`: x (column) and y (row) of the corners in pixels; the centre of the first pixel is (0, 0). It is closed by itself.
        shape: Height and width of the mask; what lies outside is cut off.

    Returns:
        `(height, width)` booleans.

    Example:
        >>> fill_polygon(np.array([[0.5, -1], [2.5, -1], [2.5, 0.5], [0.5, 0.5]]), (2, 4)).astype(int).tolist()
        [[0, 1, 1, 0], [0, 0, 0, 0]]
    """
    from skimage.draw import polygon

    filled = np.zeros(shape, np.bool_)
    # Far corners would overflow; moved closer they only change what lies outside.
    rows, columns = (np.clip(points[:, axis], -length, 2 * length) for axis, length in ((1, shape[0]), (0, shape[1])))
    filled[polygon(rows, columns, shape)] = True
    return filled


def agreement(first: Mask, second: Mask) -> float:
    """Compute the Dice coefficient of two masks of one shape; 1 where both are empty.

    Example:
        >>> agreement(np.array([[True, True]]), np.array([[True, False]]))
        0.6666666666666666
    """
    pixels = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / pixels if pixels else 1.0
