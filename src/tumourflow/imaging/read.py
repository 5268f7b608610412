"""Files become arrays: the one way to decode an image."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image

from tumourflow.errors import UserError
from tumourflow.imaging.picture_header import find_orientation, require_readable, turn
from tumourflow.imaging.picture_pixels import convert_pixels, has_colour_palette
from tumourflow.types import Pixels

MAX_PIXELS = 2**26
"""Images that declare more pixels are not decoded: 8192 x 8192, several times a mammogram."""

MAX_SIDE = 2**14
"""Longest side of an image: what the network sees is a square around it, which has to fit into memory."""

# Pillow's own limit is a warning, which no thread can catch for itself.
Image.MAX_IMAGE_PIXELS = None
# Formats in which pictures come; Pillow knows others that start programs or follow links.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "PPM", "JPEG2000")
_DAMAGED = (SyntaxError, LookupError, TypeError, EOFError, ArithmeticError, AttributeError, struct.error, zlib.error, cv2.error, Warning)


class TooLargeError(ValueError):
    """An image declares more pixels than are ever decoded."""


def require_size(shape: tuple[int, ...], name: str) -> None:
    """Refuse an image that would fill the memory, before it is decoded.

    Args:
        shape: What the file declares: height, width and whatever multiplies them.
        name: Name of the file.

    Raises:
        TooLargeError: When there would be more than `MAX_PIXELS` pixels, or more than `MAX_SIDE` a side.

    Example:
        >>> require_size((512, 512), "a.png")
    """
    declared = f"`{name}` declares {' x '.join(map(str, shape))} pixels"
    if math.prod(shape) > MAX_PIXELS:
        msg = f"{declared}, more than the {MAX_PIXELS} that are allowed."
        raise TooLargeError(msg)
    if max(shape) > MAX_SIDE:
        msg = f"{declared}, more than the {MAX_SIDE} a side that are allowed, for an image is padded to a square."
        raise TooLargeError(msg)


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading, on the disk or in an object store.

    Args:
        path: A `pathlib.Path`, or a `upath.UPath`, whose file is fetched as a whole, which takes one request.

    Returns:
        The file, at its beginning.

    Raises:
        OSError: When it is missing, is no regular file, or cannot be opened.
        UserError: When a store does not hand it out: that is no damage of the file, for which it would be left out.
    """
    if not isinstance(path, Path):
        return io.BytesIO(_fetch(path))
    # A named pipe would be waited for until someone writes into it.
    if path.exists() and not path.is_file():
        msg = f"`{path.name}` is no regular file."
        raise OSError(msg)
    return path.open("rb")


def _fetch(path: Any) -> bytes:
    try:
        return bytes(path.read_bytes())
    except FileNotFoundError:
        raise
    # Each kind of store has errors of its own.
    except Exception as error:
        msg = f"{path} cannot be fetched ({' '.join(str(error).split()) or type(error).__name__}). Does the store answer, and do these"
        msg += " credentials (environment variables) still open it? Run again then: what was read is remembered."
        raise UserError(msg) from error


def read_pixels(path: Path) -> Pixels:
    """Decode an image file whatever its suffix says.

    Bits, grey values, palettes and colours of 8 bits become uint8, grey values and colours of 16 bits uint16, floating-point values
    float32; transparency is dropped, for it is no measurement. A picture that says how it has to be turned is turned, as viewers show it.

    Args:
        path: PNG, JPEG, TIFF, BMP, GIF, WebP, PPM or JPEG 2000.

    Returns:
        `(height, width)` or `(height, width, 3)`, uint8, uint16 or float32.

    Raises:
        OSError: When the file is missing, truncated or no image.
        ValueError: When it is damaged otherwise, holds several pages, or values that 16 bits cannot hold; `TooLargeError` when it declares
            too many pixels.
    """
    with _explain_damage(path.name), open_file(path) as file:
        return _decode(file, path.name)


def read_labels(path: Path) -> Pixels:
    """Decode a mask of labels as `read_pixels` does, but for a palette of colours, of which a pixel's label is its place.

    Grey palettes are what programs make of grey values to save room, so that the grey value is the label there.

    Args:
        path: See `read_pixels`.

    Returns:
        See `read_pixels`.

    Raises:
        OSError: See `read_pixels`.
        ValueError: See `read_pixels`.
    """
    with _explain_damage(path.name), open_file(path) as file:
        return _decode(file, path.name, labels=True)


def decode_pixels(data: bytes, name: str) -> Pixels:
    """Decode the bytes of an image file as `read_pixels` does.

    Args:
        data: The whole file.
        name: What errors call it.

    Returns:
        See `read_pixels`.

    Raises:
        OSError: When it is truncated or no image.
        ValueError: See `read_pixels`.
    """
    with _explain_damage(name):
        return _decode(io.BytesIO(data), name)


@contextmanager
def _explain_damage(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        msg = f"`{name}` cannot be decoded: {error}"
        raise ValueError(msg) from error


def _decode(file: BinaryIO, name: str, *, labels: bool = False) -> Pixels:
    with Image.open(file, formats=_FORMATS) as image:
        require_size((image.height, image.width), name)
        _require_one_page(image, name)
        require_readable(image, name, labels=labels)
        pixels = np.array(image) if labels and has_colour_palette(image) else convert_pixels(image, file, name)
        return np.ascontiguousarray(turn(pixels, find_orientation(image)))


def _require_one_page(image: Image.Image, name: str) -> None:
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        msg = f"`{name}` holds {getattr(image, 'n_frames', 0)} pages: write one file for each slice."
        raise ValueError(msg)
