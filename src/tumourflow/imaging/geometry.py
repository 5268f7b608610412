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


class Extent(NamedTuple):
    """A rectangle of native pixels, within the image.

    Attributes:
        top: First row.
        bottom: Row after the last.
        left: First column.
        right: Column after the last.
    """

    top: int
    bottom: int
    left: int
    right: int


def whole_extent(height: int, width: int) -> Extent:
    """Describe the image itself."""
    return Extent(0, height, 0, width)


def square_around(extent: Extent) -> Box:
    """Find the smallest square with a rectangle in its middle.

    Example:
        >>> square_around(Extent(top=2, bottom=4, left=0, right=6))
        Box(top=0, left=0, side=6)
    """
    side = max(extent.bottom - extent.top, extent.right - extent.left)
    return Box((extent.top + extent.bottom - side) // 2, (extent.left + extent.right - side) // 2, side)


def whole_box(height: int, width: int) -> Box:
    """Find the smallest square with the image in its middle.

    Example:
        >>> whole_box(4, 8)
        Box(top=-2, left=0, side=8)
    """
    return square_around(whole_extent(height, width))


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
    extent = Extent(int(rows[0]) - margin, int(rows[-1]) + 1 + margin, int(columns[0]) - margin, int(columns[-1]) + 1 + margin)
    return square_around(extent)


def cut_box(image: npt.NDArray[Any], box: Box, extent: Extent | None = None) -> npt.NDArray[Any]:
    """Cut a box out of an image; what lies beyond the image, or beyond the rectangle, is 0.

    Args:
        image: Shape `(height, width)` or `(height, width, channels)`.
        box: What to cut.
        extent: The rectangle that is seen; by default all of the image.

    Returns:
        Shape `(side, side)` or `(side, side, channels)`, same dtype.
    """
    cut = np.zeros((box.side, box.side, *image.shape[2:]), image.dtype)
    inside, outside = _overlap(box, extent or whole_extent(image.shape[0], image.shape[1]))
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
    inside, outside = _overlap(box, whole_extent(height, width))
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


def _overlap(box: Box, extent: Extent) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    rows = _common(box.top, box.side, extent.top, extent.bottom)
    columns = _common(box.left, box.side, extent.left, extent.right)
    inside = (slice(rows.start - box.top, rows.stop - box.top), slice(columns.start - box.left, columns.stop - box.left))
    return inside, (rows, columns)


def _common(start: int, side: int, low: int, high: int) -> slice:
    first = min(max(start, low), high)
    return slice(first, max(min(start + side, high), first))
