"""What differs between the left and the right half of a head."""

from __future__ import annotations

import numpy as np

from tumourflow.classical.field import Field, smooth
from tumourflow.types import Float32, Mask


def mirror_about_midline(image: Float32, tissue: Mask) -> Float32:
    """Mirror an image about the upright line through the middle of its tissue.

    Args:
        image: `(side, side)`.
        tissue: `(side, side)` booleans; their centre of mass gives the line, to half a pixel.

    Returns:
        `(side, side)`; 0 where the mirror image would lie outside.

    Example:
        >>> tissue = np.array([[0, 1, 1, 1, 0, 0]], bool)
        >>> mirror_about_midline(np.array([[0, 5, 6, 7, 0, 0]], np.float32), tissue).tolist()
        [[0.0, 7.0, 6.0, 5.0, 0.0, 0.0]]
    """
    mirrored = np.zeros_like(image)
    columns = np.flatnonzero(tissue.any(axis=0))
    if not columns.size:
        return mirrored
    weights = tissue.sum(axis=0)
    total = round(2 * float((np.arange(len(weights)) * weights).sum() / weights.sum()))
    sources = total - np.arange(image.shape[1])
    inside = (sources >= 0) & (sources < image.shape[1])
    mirrored[:, inside] = image[:, sources[inside]]
    return mirrored


def measure_asymmetry(field: Field, width: float) -> Float32:
    """Tell how much brighter a place is than that on the other side of the midline.

    Both sides are smoothed first, as no head is symmetric to the pixel.

    Args:
        field: A slice.
        width: Standard deviation of the smoothing, as a share of the side.

    Returns:
        `(side, side)`, in standard deviations of the patient's tissue, never below 0; 0 outside the tissue.
    """
    calm = smooth(field.image, width)
    difference = np.maximum(calm - mirror_about_midline(calm, field.tissue), 0)
    return np.where(field.tissue, difference, np.float32(0))
