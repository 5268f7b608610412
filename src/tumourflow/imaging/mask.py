"""The one way to understand a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from tumourflow.types import Mask, Pixels

_MOST_LABELS = 16
"""Masks with more values are blurred: by JPEG, or by resizing."""


class MaskError(ValueError):
    """The pixels are no mask."""


def binarise(pixels: Pixels) -> Mask:
    """Understand a mask in any encoding of two values, the larger of which is tumour.

    Args:
        pixels: `(height, width)` or `(height, width, channels)` with at most two different values or colours.

    Returns:
        `(height, width)` booleans. An image of nothing but zeros is an empty mask, one of nothing but ones (1, 255, 65535) a full one.

    Raises:
        MaskError: Naming the values found, when these are not two.

    Example:
        >>> binarise(np.array([[0, 255], [255, 0]], np.uint8)).astype(int).tolist()
        [[0, 1], [1, 0]]
    """
    plane = _one_plane(pixels)
    if plane.dtype == np.bool_:
        return plane.copy()
    low, high = plane.min(), plane.max()
    if low == high and (low == 0 or high in _full_values(plane.dtype)):
        return np.full(plane.shape, bool(high))
    mask: Mask = plane == high
    if low == high or not (mask | (plane == low)).all():
        values = np.unique(plane)
        shown = ", ".join(str(value) for value in values[:4]) + (f", ..., {values[-1]}" if values.size > 4 else "")
        msg = f"A mask has two values, background and tumour. Received {values.size}: {shown}. {_advise(values.size)}"
        raise MaskError(msg)
    return mask


def list_values(pixels: Pixels) -> tuple[float, ...]:
    """List the grey values of a mask, the least first.

    Args:
        pixels: As `binarise` takes them.

    Returns:
        The values, one to 16 of them; nothing where there are more, or they are colours or booleans.

    Example:
        >>> list_values(np.array([[0, 2], [1, 0]])), list_values(np.array([[False, True]]))
        ((0.0, 1.0, 2.0), ())
    """
    plane: Pixels = pixels[..., 0] if pixels.ndim == 3 else pixels
    if plane.dtype == np.bool_ or not plane.size or (pixels.ndim == 3 and not (pixels == plane[..., None]).all()):
        return ()
    ends = (plane.min(), plane.max())
    # Nearly all have two values, and sorting them all takes longer than comparing.
    values = set(ends) if ((plane == ends[0]) | (plane == ends[1])).all() else np.unique(plane)
    return tuple(sorted(map(float, values))) if len(values) <= _MOST_LABELS else ()


def list_colours(pixels: Pixels) -> tuple[str, ...]:
    """List the colours of a mask besides black.

    Args:
        pixels: As `binarise` takes them.

    Returns:
        The colours, one to 16 of them; nothing where there are more, or all pixels are grey.

    Example:
        >>> list_colours(np.array([[[0, 0, 0], [128, 0, 0], [0, 255, 0]]]))
        ('#00ff00', '#800000')
    """
    if pixels.ndim != 3 or (pixels == pixels[..., :1]).all():
        return ()
    colours = [colour for colour in np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0).tolist() if any(colour)]
    return tuple("#" + "".join(f"{value:02x}" for value in colour) for colour in colours) if len(colours) <= _MOST_LABELS else ()


def _advise(count: int) -> str:
    if count > _MOST_LABELS:
        return "Was it stored as JPEG, or resized with smoothing? Export it again."
    return "If they are labels, say in `ingestion.lesion_values` which of them are lesion."


def _one_plane(pixels: Pixels) -> Pixels:
    if pixels.ndim not in {2, 3} or not pixels.size:
        msg = f"A mask is `(height, width)` or `(height, width, channels)`. Received: shape={pixels.shape}."
        raise MaskError(msg)
    if pixels.ndim == 2:
        return pixels
    first: Pixels = pixels[..., 0]
    if (pixels == first[..., None]).all():
        return first
    return _two_colours(pixels)


def _two_colours(pixels: Pixels) -> Pixels:
    colours, plane = np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0, return_inverse=True)
    if len(colours) > 2 or colours[0].any():
        msg = f"A mask has two values, background (black) and tumour. Received {len(colours)} colours, the first is {colours[0].tolist()}."
        if len(colours) <= _MOST_LABELS:
            msg += " If it has a palette of labels, say in `ingestion.lesion_values` which of them are lesion."
        raise MaskError(msg)
    return plane.reshape(pixels.shape[:2]) > 0


def _full_values(dtype: np.dtype[Any]) -> set[int]:
    return {1, 255} | ({int(np.iinfo(dtype).max)} if np.issubdtype(dtype, np.integer) else set())
