"""How far apart two outlines are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tumourflow.measures.counts import require_same_shape
from tumourflow.types import Mask

TOLERANCE = 2.0
"""Pixels by which outlines may differ and still agree."""

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
_CORNER = np.sqrt(0.5)
# Length of the outline through a 2 x 2 neighbourhood, whose pixels top left, top right, bottom left, bottom right weigh 8, 4, 2, 1:
# a corner is cut diagonally, a straight edge has length 1, and two pixels that touch in a corner make two cut corners.
_LENGTHS = np.array([0, 1, 1, 2**0.5, 1, 2**0.5, 2, 1, 1, 2, 2**0.5, 1, 2**0.5, 1, 1, 0]) * _CORNER


class SurfaceCounts(NamedTuple):
    """Lengths of two outlines of one slice; summed over slices their ratio is the surface Dice of the volume.

    Attributes:
        surface_within: Length of either outline that lies within the tolerance of the other, in pixels.
        surface_length: Length of both outlines, in pixels.
    """

    surface_within: float
    surface_length: float


def hausdorff_95(truth: Mask, prediction: Mask, spacing: tuple[float, float] = (1.0, 1.0)) -> float:
    """95th percentile of the distances from each border pixel of either mask to the nearest border pixel of the other.

    A border pixel is a pixel of the mask with one of its 4 neighbours, or the image's edge, outside. Both directions are pooled before
    the percentile is taken, as MedPy does; it is interpolated linearly.

    Args:
        truth: `(height, width)` booleans.
        prediction: `(height, width)` booleans.
        spacing: Height and width of a pixel.

    Returns:
        At least 0, in the unit of `spacing`: by default pixels; NaN where either mask is empty.

    Raises:
        ValueError: If the masks differ in shape.

    Reference:
        Huttenlocher et al. 1993, doi:10.1109/34.232073.

    Example:
        >>> there, here = np.eye(1, 9, 0) > 0, np.eye(1, 9, 3) > 0
        >>> hausdorff_95(there, here), hausdorff_95(there, here, spacing=(2.0, 0.5))
        (3.0, 1.5)
    """
    from scipy import ndimage

    require_same_shape(truth, prediction)
    if not truth.any() or not prediction.any():
        return float("nan")
    borders = [mask & ~ndimage.binary_erosion(mask, _CROSS) for mask in _crop(truth, prediction)]
    return float(np.percentile(np.concatenate(_distances(borders[0], borders[1], spacing)), 95))


def compare_surfaces(truth: Mask, prediction: Mask, tolerance: float = TOLERANCE) -> SurfaceCounts:
    """Measure how much of two outlines runs within a tolerance of one another.

    The outline runs through the corners of pixels: a corner belongs to it when some, but not all, of the four pixels that meet there
    are in the mask, and counts with the length of the outline in that neighbourhood. The distance of a corner to the other outline is
    that to its nearest corner.

    Args:
        truth: `(height, width)` booleans.
        prediction: `(height, width)` booleans.
        tolerance: Pixels.

    Returns:
        Lengths, whose ratio is the surface Dice; `(0, 0)` where both masks are empty.

    Raises:
        ValueError: If the masks differ in shape.

    Reference:
        Nikolov et al. 2021, doi:10.2196/26151.

    Example:
        >>> square = np.pad(np.ones((2, 2), bool), 3)
        >>> compare_surfaces(square, np.roll(square, 1, axis=1)).surface_within == compare_surfaces(square, square).surface_length
        True
    """
    require_same_shape(truth, prediction)
    if not truth.any() and not prediction.any():
        return SurfaceCounts(0.0, 0.0)
    codes = [_neighbourhoods(mask) for mask in _crop(truth, prediction)]
    borders = [(code > 0) & (code < 15) for code in codes]
    lengths = np.concatenate([_LENGTHS[code[border]] for code, border in zip(codes, borders, strict=True)])
    if not borders[0].any() or not borders[1].any():
        return SurfaceCounts(0.0, float(lengths.sum()))
    near = np.concatenate(_distances(borders[0], borders[1])) <= tolerance
    return SurfaceCounts(float(lengths[near].sum()), float(lengths.sum()))


def _crop(truth: Mask, prediction: Mask) -> tuple[Mask, Mask]:
    # All of both borders lies in the box around the union, so distances measured in the box are those in the image.
    either = truth | prediction
    rows, columns = np.flatnonzero(either.any(axis=1)), np.flatnonzero(either.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return truth[box], prediction[box]


def _neighbourhoods(mask: Mask) -> npt.NDArray[np.uint8]:
    padded = np.pad(mask, 1).astype(np.uint8)
    code: npt.NDArray[np.uint8] = 8 * padded[:-1, :-1] + 4 * padded[:-1, 1:] + 2 * padded[1:, :-1] + padded[1:, 1:]
    return code


def _distances(
    first: Mask, second: Mask, spacing: tuple[float, float] = (1.0, 1.0)
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    from scipy import ndimage

    there, here = (ndimage.distance_transform_edt(~border, spacing) for border in (second, first))
    return there[first], here[second]
