"""A small grey picture of an image, by which copies of it are found."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.types import Pixels

SIDE = 48
"""Height and width of every thumbnail."""


def make_thumbnail(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Shrink an image to 48 x 48 grey values by area means, whatever its proportions.

    The values are stretched over their own range, so that dark images and those of 16 bits keep their detail in 8; how two thumbnails
    correlate does not depend on it. Channels count equally, and values that are not finite count as 0.

    Args:
        pixels: `(height, width)` or `(height, width, channels)`, any integer dtype or float32.

    Returns:
        `(48, 48)` uint8; all 0 where the thumbnail is constant.

    Example:
        >>> thumbnail = make_thumbnail(np.eye(2, dtype=np.uint16).repeat(48, axis=0).repeat(48, axis=1) * 9000)
        >>> thumbnail[[0, 0, 47], [0, 47, 47]].tolist()
        [255, 0, 255]
    """
    planes = [pixels] if pixels.ndim == 2 else [pixels[..., channel] for channel in range(pixels.shape[2])]
    grey = np.mean([_shrink(plane) for plane in planes], axis=0)
    low, high = float(grey.min()), float(grey.max())
    # Sums of floats differ in their last digits also where all pixels are equal.
    if high - low <= 1e-5 * max(abs(low), abs(high)):
        return np.zeros((SIDE, SIDE), np.uint8)
    return np.asarray(np.rint((grey - low) * (255 / (high - low))), dtype=np.uint8)


def _shrink(plane: Pixels) -> Pixels:
    if np.issubdtype(plane.dtype, np.integer):
        values = plane.astype(np.float32)
    else:
        values = np.nan_to_num(plane.astype(np.float64), copy=False, nan=0, posinf=0, neginf=0)
    return np.asarray(cv2.resize(values, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
