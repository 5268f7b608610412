"""The outline of a region: how large, how long, how round, how jagged."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.radiomics.types import Features, ratio
from tumourflow.types import Mask

NAMES = (
    "area",
    "perimeter",
    "perimeter_to_area_ratio",
    "roundness",
    "major_axis_length",
    "minor_axis_length",
    "elongation",
    "eccentricity",
    "equivalent_diameter",
    "maximum_diameter",
    "solidity",
    "extent",
    "components",
)


def measure_shape(mask: Mask, spacing: tuple[float, float] = (1.0, 1.0)) -> Features:
    """Measure the outline of a region; several components count as one region.

    Axes, elongation and maximum diameter are those that IBSI defines for volumes, of an area.

    Args:
        mask: The region, `(height, width)` booleans.
        spacing: Height and width of a pixel, in millimetres where they are known.

    Returns:
        `area`, `perimeter` (Crofton's formula in four directions), their ratio, `roundness` (4 pi area / perimeter²), axes of the ellipse
        with the same second moments (4 times the root of the covariance's eigenvalues), `elongation` (minor axis by major axis),
        `eccentricity`, `equivalent_diameter` (of the disc of that area), `maximum_diameter` (between corners of pixels), `solidity` (area
        by area of the convex hull), `extent` (area by area of the box) and the number of `components`. Lengths are in the unit of
        `spacing`. A single pixel has axes of 0 and no elongation (NaN). An empty mask has area and components 0, the rest is NaN.

    Reference:
        Zwanenburg 2020, doi:10.1148/radiol.2020191145.

    Example:
        >>> found = measure_shape(np.ones((2, 4), bool), spacing=(0.5, 0.5))
        >>> found["area"], found["solidity"], found["maximum_diameter"] == 5**0.5
        (2.0, 1.0, True)
    """
    if not mask.any():
        return dict.fromkeys(NAMES, np.nan) | {"area": 0.0, "components": 0.0}
    from skimage.measure import perimeter_crofton

    pixel = spacing[0] * spacing[1]
    area = float(mask.sum()) * pixel
    perimeter = float(perimeter_crofton(mask, directions=4)) * pixel**0.5
    major, minor = _measure_axes(mask, spacing)
    hull = _find_hull(mask)
    return {
        "area": area,
        "perimeter": perimeter,
        "perimeter_to_area_ratio": ratio(perimeter, area),
        "roundness": ratio(4 * np.pi * area, perimeter**2),
        "major_axis_length": major,
        "minor_axis_length": minor,
        "elongation": ratio(minor, major),
        "eccentricity": (1 - ratio(minor, major) ** 2) ** 0.5,
        "equivalent_diameter": (4 * area / np.pi) ** 0.5,
        "maximum_diameter": _find_diameter(hull * np.array(spacing[::-1])),
        "solidity": float(mask.sum()) / cv2.contourArea(hull),
        "extent": float(mask.sum()) / _box_area(mask),
        "components": float(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1),
    }


def _measure_axes(mask: Mask, spacing: tuple[float, float]) -> tuple[float, float]:
    moments = cv2.moments(mask.astype(np.uint8), binaryImage=True)
    down, right, mixed = (moments[name] / moments["m00"] for name in ("mu02", "mu20", "mu11"))
    high, wide = spacing
    spread = np.array([[down * high**2, mixed * high * wide], [mixed * high * wide, right * wide**2]])
    minor, major = np.sqrt(np.maximum(np.linalg.eigvalsh(spread), 0))
    return 4 * float(major), 4 * float(minor)


def _find_hull(mask: Mask) -> npt.NDArray[np.int32]:
    # Around the corners of pixels, so that a single pixel has an area; no more than the ends of each row can be on the hull.
    rows = np.flatnonzero(mask.any(axis=1))
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - mask[rows][:, ::-1].argmax(axis=1)
    corners = [np.stack([column, row], axis=1) for column in (left, right) for row in (rows, rows + 1)]
    return np.asarray(cv2.convexHull(np.concatenate(corners).astype(np.int32))[:, 0], np.int32)


def _find_diameter(hull: npt.NDArray[np.float64]) -> float:
    apart = hull[:, None] - hull
    return float(np.sqrt(np.square(apart).sum(axis=2).max()))


def _box_area(mask: Mask) -> int:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return int((rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1))
