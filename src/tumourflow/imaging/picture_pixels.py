"""The pixels of an opened picture as an array, whatever mode it is in: grey values or colours, of as many bits as it has."""

from __future__ import annotations

from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image

from tumourflow.imaging.picture_header import has_deep_colours, is_white_at_zero
from tumourflow.types import Pixels

_GREY_OR_COLOUR = {"L": "L", "LA": "L", "La": "L", "RGB": "RGB", "RGBA": "RGB", "1": "L"}
_WORDS = ("I;16", "I;16B", "I;16L", "I;16N", "I")


def has_colour_palette(image: Image.Image) -> bool:
    """Tell whether a picture has a palette, and other values in it than greys."""
    if image.mode != "P":
        return False
    palette = np.reshape(image.getpalette() or [], (-1, 3))
    return bool((palette != palette[:, :1]).any())


def convert_pixels(image: Image.Image, file: BinaryIO, name: str) -> Pixels:
    """Decode a picture.

    Args:
        image: Opened, its pixels not yet read.
        file: What it was opened from; colours of 16 bits are read from its beginning.
        name: Name of the file, for errors.

    Returns:
        See `read_pixels`; not turned.

    Raises:
        OSError: When the file is truncated.
        ValueError: When it holds values that 16 bits cannot hold, or its colours of 16 bits are damaged.
    """
    if image.mode in _WORDS:
        words = _as_words(np.asarray(image), name)
        # Pillow inverts grey values whose zero is white where they have 8 bits or less, and not where they have 16.
        return ~words if is_white_at_zero(image) and image.mode != "I" else words
    if image.mode == "F":
        return np.array(image)
    if has_deep_colours(image):
        return _read_deep_colours(file, name)
    # A palette's transparency has to pass through RGBA, else Pillow warns; a mere RGBA would keep it.
    plain = image if image.mode in _GREY_OR_COLOUR else image.convert("RGBA" if image.mode in {"P", "PA"} else "RGB")
    return np.array(plain.convert(_GREY_OR_COLOUR[plain.mode]))


def _as_words(values: Pixels, name: str) -> Pixels:
    if values.size and (values.min() < 0 or values.max() > np.iinfo(np.uint16).max):
        msg = f"`{name}` holds values from {values.min()} to {values.max()}: store it with 8 or 16 bits a channel, from 0 up."
        raise ValueError(msg)
    return values.astype(np.uint16)


def _read_deep_colours(file: BinaryIO, name: str) -> Pixels:
    file.seek(0)
    pixels = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        msg = f"`{name}` cannot be decoded."
        raise ValueError(msg)
    return np.ascontiguousarray(pixels[..., ::-1])
