"""How jagged an outline is, over several scales."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.radiomics.types import Features
from tumourflow.types import Mask

SIZES = (1, 2, 4, 8, 16, 32)
"""Sides of the boxes, in pixels."""
NAMES = ("outline_dimension", "area_dimension")


def measure_fractal(mask: Mask) -> Features:
    """Estimate fractal dimensions by counting boxes.

    Args:
        mask: The region, `(height, width)` booleans.

    Returns:
        `outline_dimension` of the pixels at the region's edge (1 for a smooth line, more for a jagged one) and `area_dimension` of the
        region (2 for a solid one, less for a scattered one): minus the slope of the logarithm of the number of boxes over that of their
        side, for sides up to half the region's longer side. NaN where that leaves fewer than two sides.

    Reference:
        Liebovitch 1989, doi:10.1016/0375-9601(89)90854-2.

    Example:
        >>> round(measure_fractal(np.ones((64, 64), bool))["area_dimension"], 6)
        2.0
    """
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return dict.fromkeys(NAMES, np.nan)
    solid = np.ascontiguousarray(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]).astype(np.uint8)
    inner = cv2.erode(solid, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return {"outline_dimension": _count_boxes(solid - inner), "area_dimension": _count_boxes(solid)}


def _count_boxes(picture: npt.NDArray[Any]) -> float:
    sizes = [size for size in SIZES if 2 * size <= max(picture.shape)]
    if len(sizes) < 2:
        return float("nan")
    counts = []
    for size in sizes:
        height, width = (-(-side // size) * size for side in picture.shape)
        padded = np.zeros((height, width), np.uint8)
        padded[: picture.shape[0], : picture.shape[1]] = picture
        counts.append(int(padded.reshape(height // size, size, width // size, size).any(axis=(1, 3)).sum()))
    return float(-np.polyfit(np.log(sizes), np.log(counts), 1)[0])
