"""Square boxes around tissue, and the way from native pixels to the network's and back."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.types import Float32, Mask

MARGIN = 4
"""Pixels added on each side of a box."""


class Box(NamedTuple):
    """A square of native pixels, which may reach beyond the image.

    Attributes:
        top: First row; negative above the image.
        left: First column; negative left of the image.
        side: Number of rows and columns.
    """

    top: int
    left: int
    side: int


def whole_box(height: int, width: int) -> Box:
    """Find the smallest square with the image in its middle.

    Example:
        >>> whole_box(4, 8)
        Box(top=-2, left=0, side=8)
    """
    return _square(0, height, 0, width)


def box_around(foreground: Mask, margin: int = MARGIN) -> Box:
    """Find the square around what is true, with a margin.

    Args:
        foreground: Shape `(height, width)`.
        margin: Pixels added on each side of the longer extent.

    Returns:
        The box; that of the whole image where nothing is true.

    Example:
        >>> box_around(np.eye(8, dtype=bool)[:, ::-1][:4], margin=1)
        Box(top=-1, left=3, side=6)
    """
    rows, columns = np.flatnonzero(foreground.any(axis=1)), np.flatnonzero(foreground.any(axis=0))
    if rows.size == 0:
        return whole_box(*foreground.shape)
    return _square(int(rows[0]) - margin, int(rows[-1]) + 1 + margin, int(columns[0]) - margin, int(columns[-1]) + 1 + margin)


def cut_box(image: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    """Cut a box out of an image; what lies beyond the image is 0.

    Args:
        image: Shape `(height, width)` or `(height, width, channels)`.
        box: What to cut.

    Returns:
        Shape `(side, side)` or `(side, side, channels)`, same dtype.
    """
    cut = np.zeros((box.side, box.side, *image.shape[2:]), image.dtype)
    inside, outside = _overlap(box, image.shape[0], image.shape[1])
    cut[inside] = image[outside]
    return cut


def paste_box(patch: npt.NDArray[Any], box: Box, height: int, width: int) -> npt.NDArray[Any]:
    """Put a box's content back into an otherwise empty image; the inverse of `cut_box`.

    Args:
        patch: Shape `(side, side)`.
        box: Where it belongs.
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        Shape `(height, width)`, 0 outside the box.
    """
    image = np.zeros((height, width), patch.dtype)
    inside, outside = _overlap(box, height, width)
    image[outside] = patch[inside]
    return image


def resize_square(image: Float32, size: int) -> Float32:
    """Resize a square image: by area means where it shrinks, so that no pixel goes unseen, and bilinearly where it grows.

    Args:
        image: Shape `(side, side)` or `(side, side, channels)`.
        size: Rows and columns of the result.

    Returns:
        Shape `(size, size)` or `(size, size, channels)`.
    """
    if image.shape[0] == size:
        return image.copy()
    interpolation = cv2.INTER_AREA if image.shape[0] > size else cv2.INTER_LINEAR
    planes = [cv2.resize(np.ascontiguousarray(plane), (size, size), interpolation=interpolation) for plane in _planes(image)]
    return np.asarray(planes[0] if image.ndim == 2 else np.stack(planes, axis=-1), np.float32)


def remove_specks(foreground: Mask) -> Mask:
    """Remove what is narrower than 3 pixels (opening by a 3 x 3 square): bright noise in the air must not widen a box."""
    return np.asarray(cv2.morphologyEx(foreground.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))) > 0


def _planes(image: Float32) -> list[Float32]:
    return [image] if image.ndim == 2 else [image[:, :, channel] for channel in range(image.shape[2])]


def _square(top: int, bottom: int, left: int, right: int) -> Box:
    side = max(bottom - top, right - left)
    return Box((top + bottom - side) // 2, (left + right - side) // 2, side)


def _overlap(box: Box, height: int, width: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    rows, columns = _common(box.top, box.side, height), _common(box.left, box.side, width)
    inside = (slice(rows.start - box.top, rows.stop - box.top), slice(columns.start - box.left, columns.stop - box.left))
    return inside, (rows, columns)


def _common(start: int, side: int, length: int) -> slice:
    first = min(max(start, 0), length)
    return slice(first, max(min(start + side, length), first))
