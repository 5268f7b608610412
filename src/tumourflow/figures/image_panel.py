"""An image in a panel: its grey values, and a mask on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tumourflow.figures.palette import TRUTH
from tumourflow.imaging.plane import take_plane
from tumourflow.types import Float32, Mask, Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OUTLINE_SIDE = 512


def grey(image: Pixels, lead_channel: int = 0) -> Float32:
    """Turn an image of any depth into grey values that can be looked at.

    The darkest 1 % becomes black and the brightest .5 % white, so that a single bright pixel does not darken everything else.

    Args:
        image: `(height, width)` or `(height, width, channels)`, any numeric dtype.
        lead_channel: Channel to show, counted from 0; an image with fewer channels shows its last.

    Returns:
        `(height, width)` float32 in 0..1; all zero where the channel is constant.

    Example:
        >>> grey(np.array([[0, 50], [100, 100]], dtype=np.uint8)).round(1).tolist()
        [[0.0, 0.5], [1.0, 1.0]]
    """
    plane = take_plane(image, lead_channel).astype(np.float32)
    low, high = np.percentile(plane, [1, 99.5])
    if high <= low:
        low, high = np.percentile(plane, [0, 100])
    width = max(high - low, 1e-30)
    return np.asarray(np.clip((plane - low) / width, 0, 1), dtype=np.float32)


def show_grey(axes: Axes, picture: Float32) -> None:
    """Draw grey values in 0..1 `(height, width)` without ticks."""
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()


def show_mask(axes: Axes, mask: Mask, colour: str = "white") -> None:
    """Draw a mask `(height, width)` alone, in its colour on black."""
    _show(axes, mask[..., None] * _rgb(colour))


def show_mask_on(axes: Axes, picture: Float32, mask: Mask, colour: str = TRUTH) -> None:
    """Draw a mask in its colour on a grey picture: a veil through which the tissue is seen, and a sharp outline.

    Args:
        axes: Where to draw.
        picture: `(height, width)` grey values in 0..1, as from `grey`.
        mask: `(height, width)` booleans.
        colour: Any colour matplotlib knows.
    """
    _show(axes, veil(picture, mask, colour))


def veil(picture: Float32, mask: Mask, colour: str = TRUTH) -> Float32:
    """Paint a mask on a grey picture; small pictures are enlarged so that the outline stays thin.

    Args:
        picture: `(height, width)` grey values in 0..1.
        mask: `(height, width)` booleans.
        colour: Any colour matplotlib knows.

    Returns:
        `(k * height, k * width, 3)` float32 in 0..1, where `k` is the smallest whole number that makes the longer side at least 512.

    Example:
        >>> painted = veil(np.zeros((512, 512), np.float32), np.eye(512, dtype=bool), "red")
        >>> painted[0, 0].tolist(), painted[0, 9].tolist()
        ([1.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    """
    times = -(-_OUTLINE_SIDE // max(picture.shape))
    large = picture.repeat(times, axis=0).repeat(times, axis=1)[..., None]
    area = mask.astype(np.uint8).repeat(times, axis=0).repeat(times, axis=1)
    # The border of the image counts as outside, so that a tumour cut off by it is outlined there too.
    inner = cv2.erode(area, np.ones((9, 9), dtype=np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    strength = np.where(inner > 0, 0.3, area)[..., None]
    return np.asarray(large * (1 - strength) + _rgb(colour) * strength, dtype=np.float32)


def _show(axes: Axes, colours: Float32) -> None:
    axes.imshow(colours, interpolation="antialiased")
    axes.set_axis_off()


def _rgb(colour: str) -> Float32:
    from matplotlib.colors import to_rgb

    return np.array(to_rgb(colour), dtype=np.float32)
