"""Which part of an image is looked at, found on the pixels as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from tumourflow.imaging.geometry import MARGIN, Box, Extent, box_around, remove_specks, square_around, whole_box, whole_extent
from tumourflow.options.preparation import Crop
from tumourflow.types import Mask, Pixels

RARE = 0.1
"""Where no more than this share of a patient's slices shows tissue, it is a nose, a neck or an artefact, and does not widen the box."""
THICK = 0.02
"""What is thinner than this share of the image's shorter side is writing, a ruler or a frame, not a body."""
NEAR = 0.04
"""Gaps narrower than this share of the shorter side do not divide a head: bone and air are dark, and would cut the scalp to pieces."""
TEXTURE = 0.01
"""Neighbouring pixels of an ultrasound picture differ by at least this share of its 99.5th percentile; those of a painted border do not."""


class View(NamedTuple):
    """What the network sees of images of one size.

    Attributes:
        box: The square that is cut out.
        extent: The rectangle within the image that is seen; the rest of the box is black.
    """

    box: Box
    extent: Extent

    @property
    def seen(self) -> Extent:
        """The rectangle of the image that lies in the box and is not blackened.

        Example:
            >>> View(Box(top=-2, left=3, side=9), Extent(0, 6, 0, 10)).seen
            Extent(top=0, bottom=6, left=3, right=10)
        """
        (top, left, side), extent = self.box, self.extent
        bottom, right = min(top + side, extent.bottom), min(left + side, extent.right)
        return Extent(max(top, extent.top), bottom, max(left, extent.left), right)

    def keep(self, image: Pixels) -> Pixels:
        """Take the rectangle that is seen out of an image."""
        return image[self.extent.top : self.extent.bottom, self.extent.left : self.extent.right]


def find_views(planes: Sequence[Pixels], crop: Crop, threshold: float) -> dict[tuple[int, int], View]:
    """Find what is looked at, together for all slices of a size.

    Args:
        planes: Lead channel of each slice, shape `(height, width)`; slices may differ in size.
        crop: `foreground`: the square around the tissue; `contour`: up to the extreme points of the largest contour and its margin;
            `fan`: up to the extreme points of the largest textured region; `none`: the whole image.
        threshold: Tissue is brighter than this.

    Returns:
        The view for each `(height, width)`; that of the whole image where nothing is found.
    """
    shapes = {_shape(plane) for plane in planes}
    if crop == "none":
        return {shape: View(whole_box(*shape), whole_extent(*shape)) for shape in shapes}
    seen: dict[tuple[int, int], list[Mask]] = {shape: [] for shape in shapes}
    for plane in planes:
        seen[_shape(plane)].append(_FINDERS[crop](plane, threshold))
    common = {shape: np.mean(masks, axis=0) > RARE for shape, masks in seen.items()}
    if crop == "foreground":
        return {shape: View(box_around(mask), whole_extent(*shape)) for shape, mask in common.items()}
    extents = [extreme_points(mask, MARGIN if crop == "contour" else 0) for mask in common.values()]
    return {shape: View(square_around(extent), extent) for shape, extent in zip(common, extents, strict=True)}


def find_contour(plane: Pixels, threshold: float) -> Mask:
    """Find the inside of the largest contour of the tissue: a head, without writing and bright specks beside it.

    Args:
        plane: Shape `(height, width)`.
        threshold: Tissue is brighter than this.

    Returns:
        Shape `(height, width)`.
    """
    tissue = _sweep(plane > threshold, cv2.MORPH_OPEN, THICK)
    return fill_largest(_sweep(tissue, cv2.MORPH_CLOSE, NEAR))


def find_fan(plane: Pixels) -> Mask:
    """Find the part of an ultrasound picture that echoes fill: everywhere but in a painted border, neighbouring pixels differ.

    Args:
        plane: Shape `(height, width)`, uint8 or uint16.

    Returns:
        Shape `(height, width)`: the inside of the largest contour; the writing, rulers and grey wedge beside it are false.
    """
    square = np.ones((3, 3), np.uint8)
    steps = cv2.dilate(plane, square) - cv2.erode(plane, square)
    textured = steps >= max(TEXTURE * float(np.percentile(plane, 99.5)), 1)
    return fill_largest(_sweep(textured, cv2.MORPH_OPEN, THICK))


def fill_largest(mask: Mask) -> Mask:
    """Keep the largest contour and all that lies within it.

    Example:
        >>> ring = np.pad(np.zeros((1, 1), bool), 1, constant_values=True)
        >>> fill_largest(np.pad(ring, 1)).sum()
        np.int64(9)
    """
    contours = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    filled = np.zeros(mask.shape, np.uint8)
    if contours:
        cv2.drawContours(filled, [max(contours, key=cv2.contourArea)], -1, 1, cv2.FILLED)
    return filled > 0


def extreme_points(mask: Mask, margin: int = 0) -> Extent:
    """Find how far the largest contour of a mask reaches up, down, left and right.

    Args:
        mask: Shape `(height, width)`.
        margin: Pixels added on each side, as far as the image reaches.

    Returns:
        The rectangle between the extreme points, those included; the whole image where nothing is true.

    Example:
        >>> extreme_points(np.eye(6, dtype=bool)[:4])
        Extent(top=0, bottom=4, left=0, right=4)
    """
    height, width = mask.shape
    contours = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    if not contours:
        return whole_extent(height, width)
    points = max(contours, key=cv2.contourArea)[:, 0]
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Extent(max(top - margin, 0), min(bottom + 1 + margin, height), max(left - margin, 0), min(right + 1 + margin, width))


def _sweep(mask: Mask, operation: int, share: float) -> Mask:
    # An odd side, so that nothing is shifted.
    side = max(3, round(share * min(mask.shape)) // 2 * 2 + 1)
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), operation, np.ones((side, side), np.uint8))) > 0


def _shape(plane: Pixels) -> tuple[int, int]:
    return plane.shape[0], plane.shape[1]


_FINDERS: dict[Crop, Callable[[Pixels, float], Mask]] = {
    "foreground": lambda plane, threshold: remove_specks(plane > threshold),
    "contour": find_contour,
    "fan": lambda plane, _: find_fan(plane),
}
