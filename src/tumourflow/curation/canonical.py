"""The one form in which images and masks are kept."""

from __future__ import annotations

import numpy as np

from tumourflow.imaging.mask import binarise
from tumourflow.types import Pixels


def canonical_image(pixels: Pixels) -> Pixels:
    """Bring an image into the form in which it is stored; no value is changed.

    Args:
        pixels: `(height, width)` or `(height, width, channels)` with 1, 3 or 4 channels, uint8 or uint16.

    Returns:
        The same values, a single channel without its axis.

    Raises:
        ValueError: If the image has another dtype or number of channels, or no pixel.

    Example:
        >>> canonical_image(np.zeros((2, 3, 1), np.uint8)).shape
        (2, 3)
    """
    plane = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    if plane.dtype not in (np.uint8, np.uint16):
        msg = f"An image has 8 or 16 bits a channel. Received: {plane.dtype}."
        raise ValueError(msg)
    if plane.size == 0 or not (plane.ndim == 2 or (plane.ndim == 3 and plane.shape[2] in {3, 4})):
        msg = f"An image has height, width and 1, 3 or 4 channels. Received: shape {plane.shape}."
        raise ValueError(msg)
    return plane


def canonical_mask(pixels: Pixels) -> Pixels:
    """Bring a mask of any encoding into the form in which it is stored.

    Args:
        pixels: Mask with two values, as `binarise` takes it.

    Returns:
        `(height, width)` uint8, 255 where there is tumour, else 0.

    Raises:
        ValueError: If the mask has more than two values.

    Example:
        >>> canonical_mask(np.array([[0, 1]], np.uint8)).tolist()
        [[0, 255]]
    """
    return binarise(pixels).astype(np.uint8) * np.uint8(255)
