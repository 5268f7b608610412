"""What people and machines have drawn into an image: calipers, text, colours. A classifier can read the answer off them."""

from __future__ import annotations

import cv2
import numpy as np

from tumourflow.imaging.crosses import find_crosses
from tumourflow.imaging.letters import find_words
from tumourflow.types import Pixels, Plane

CALIPERS, TEXT, COLOUR_OVERLAY = "calipers", "text", "colour overlay"

_BLACK, _GREY, _COLOURED = 20, 8, 30  # grey levels of 255
_COLOUR_SHARE, _GREY_SHARE = 0.001, 0.75


def find_marks(pixels: Pixels) -> tuple[str, ...]:
    """Name the kinds of marks that are burnt into an image.

    Calipers are at least two upright crosses, even and brighter than what lies between their arms; text is a row of at least three
    bright letters 7 to 28 pixels high. What lies in the very corners, such as a maker's sign, counts for nothing. Made for precision:
    small, faint, slanted or dark marks and single letters are missed.

    Args:
        pixels: `(height, width)` or `(height, width, 3)`, uint8; other images have no marks that could be found.

    Returns:
        Any of `calipers`, `text` and `colour overlay`, in this order.

    Example:
        >>> image = np.full((80, 80), 60, np.uint8)
        >>> for row, column in ((20, 20), (60, 60)):
        ...     image[row - 8 : row + 9, column] = image[row, column - 8 : column + 9] = 230
        >>> find_marks(image)
        ('calipers',)
    """
    if not can_be_marked(pixels):
        return ()
    grey = to_grey(pixels)
    found = {CALIPERS: len(find_crosses(grey)) > 1, TEXT: bool(find_words(grey)), COLOUR_OVERLAY: has_colour_overlay(pixels)}
    return tuple(kind for kind, is_there in found.items() if is_there)


def can_be_marked(pixels: Pixels) -> bool:
    """Tell whether marks can be looked for: 8 bits, one channel or three."""
    return pixels.dtype == np.uint8 and (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3))


def to_grey(pixels: Pixels) -> Plane:
    """Turn an image in which marks can be looked for into the plane in which they are."""
    return np.asarray(pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def has_colour_overlay(pixels: Pixels) -> bool:
    """Tell whether an otherwise grey picture has something coloured on it.

    Args:
        pixels: `(height, width)` or `(height, width, 3)`, uint8.

    Returns:
        Whether more than one pixel in a thousand is clearly coloured (channels more than 30 grey levels apart), while at least three
        quarters of what is not black are grey: else the image is coloured throughout, or its channels are different sequences.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        return False
    planes = cv2.split(pixels)
    brightest = cv2.max(cv2.max(planes[0], planes[1]), planes[2])
    spread = cv2.subtract(brightest, cv2.min(cv2.min(planes[0], planes[1]), planes[2]))
    coloured = np.count_nonzero(spread > _COLOURED) > _COLOUR_SHARE * spread.size
    grey = np.count_nonzero((spread <= _GREY) & (brightest > _BLACK))
    return bool(coloured and grey >= _GREY_SHARE * np.count_nonzero(brightest > _BLACK))
