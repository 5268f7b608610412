"""Images without the calipers and the text that have been drawn into them."""

from __future__ import annotations

import cv2
import numpy as np

from tumourflow.imaging.calipers import find_calipers
from tumourflow.imaging.letters import find_text
from tumourflow.imaging.marks import can_be_marked, to_grey
from tumourflow.types import Mask, Pixels

_GROWTH, _RADIUS = 5, 3  # pixels


def cover_marks(pixels: Pixels) -> Pixels:
    """Cover calipers and text by what lies around them, so that nobody can read an answer off them.

    What `find_marks` does not find is not covered, and what is covered has no speckle of its own.

    Args:
        pixels: `(height, width)` or `(height, width, 3)`, uint8; other images have no marks that could be found.

    Returns:
        A new array of the same shape and dtype; the image itself where nothing was found.

    Reference:
        Telea 2004, doi:10.1080/10867651.2004.10487596.

    Example:
        >>> image = np.full((80, 80), 60, np.uint8)
        >>> for row, column in ((20, 20), (60, 60)):
        ...     image[row - 8 : row + 9, column] = image[row, column - 8 : column + 9] = 230
        >>> bool(cover_marks(image).max() < 65)
        True
    """
    mask = find_covered(pixels)
    if not mask.any():
        return pixels
    return np.asarray(cv2.inpaint(pixels, mask.astype(np.uint8), _RADIUS, cv2.INPAINT_TELEA))


def find_covered(pixels: Pixels) -> Mask:
    """Find what `cover_marks` replaces: marks and the pixels next to them, into which they have been blurred.

    Args:
        pixels: `(height, width)` or `(height, width, 3)`, uint8.

    Returns:
        `(height, width)` booleans.
    """
    if not can_be_marked(pixels):
        return np.zeros(pixels.shape[:2], dtype=bool)
    grey = to_grey(pixels)
    marks = (find_calipers(grey) | find_text(grey)).astype(np.uint8)
    return np.asarray(cv2.dilate(marks, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_GROWTH, _GROWTH))) > 0)
