"""Upright crosses that a sonographer has set into an image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.types import Plane

Points = npt.NDArray[np.int64]
_ARM = 6  # pixels from the centre of a cross to the end of its arms, at least
CROSS_CONTRAST, _ARM_UNEVENNESS = 70, 50  # grey levels of 255


def find_crosses(grey: Plane, contrast: int = CROSS_CONTRAST) -> Points:
    """Find upright crosses that are even and brighter than what lies between their arms.

    Args:
        grey: `(height, width)` uint8.
        contrast: Grey levels of 255 between the arms and what lies between them.

    Returns:
        Row and column of each centre, `(crosses, 2)`.
    """
    across, down = np.ones((1, 2 * _ARM + 1), np.uint8), np.ones((2 * _ARM + 1, 1), np.uint8)
    darkest = cv2.min(cv2.erode(grey, across), cv2.erode(grey, down))
    surroundings = cv2.blur(grey, (2 * _ARM + 1, 2 * _ARM + 1))
    # Few pixels pass this; only for them the arms and the four fields between them are looked at closely.
    centres = np.flatnonzero(cv2.subtract(darkest, surroundings) > contrast // 3)
    rows, columns = np.divmod(centres, grey.shape[1])
    inside = (rows >= _ARM) & (rows < grey.shape[0] - _ARM) & (columns >= _ARM) & (columns < grey.shape[1] - _ARM)
    crosses = np.zeros(grey.shape, np.uint8)
    for row, column in zip(rows[inside], columns[inside], strict=True):
        around = grey[row - _ARM : row + _ARM + 1, column - _ARM : column + _ARM + 1]
        crosses[row, column] = _is_cross(around, contrast)
    if not crosses.any():
        return np.empty((0, 2), np.int64)
    # One cross gives several centres side by side.
    middles = cv2.connectedComponentsWithStats(cv2.dilate(crosses, np.ones((3, 3), np.uint8)))[3][1:]
    return np.asarray(np.rint(middles[:, ::-1]), np.int64)


def _is_cross(around: Plane, contrast: int) -> bool:
    arms = np.concatenate([around[_ARM], around[:, _ARM]])
    near, far = slice(None, _ARM - 2), slice(_ARM + 3, None)
    fields = sorted(float(around[rows, columns].mean()) for rows in (near, far) for columns in (near, far))
    # A bright band that passes aslant fills two fields, the number beside a cross at most one.
    dark = arms.min() - np.mean(fields) >= contrast and arms.min() - fields[2] >= contrast / 2
    return bool(dark and int(arms.max()) - int(arms.min()) <= _ARM_UNEVENNESS)
