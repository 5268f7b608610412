"""The part of an image that is measured: cut out once, with the grey levels and distances that several families of features share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.radiomics.discretise import discretise
from tumourflow.types import Float32, Mask

RING = 0.02
"""Width of the ring around a region, as a share of the image's shorter side: 10 pixels of 512."""
SMOOTHING = 4
"""Pixels beyond the ring, so that what is smoothed by a pixel does not see where the region was cut out."""


@dataclass(frozen=True)
class Region:
    """A region and its surroundings.

    Attributes:
        image: Grey values `(height, width)` of the surroundings.
        mask: The region in it.
        body: What of it is tissue.
        width: Of the ring around the region, in pixels.
    """

    image: Float32
    mask: Mask
    body: Mask
    width: int

    @cached_property
    def values(self) -> Float32:
        """Grey values of the region, `(pixels,)`."""
        return self.image[self.mask]

    @cached_property
    def levels(self) -> npt.NDArray[np.uint8]:
        """Grey levels from 1, 0 outside the region, see `discretise`."""
        return discretise(self.image, self.mask)

    @cached_property
    def distance(self) -> Float32:
        """Distance of each pixel from the region's border in pixels, positive inside: half a pixel on either side of it."""
        sides = (self.mask.astype(np.uint8), (~self.mask).astype(np.uint8))
        inside, outside = (cv2.distanceTransform(side, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for side in sides)
        return np.asarray(np.where(self.mask, inside - 0.5, 0.5 - outside), np.float32)

    @cached_property
    def bordered(self) -> bool:
        """Whether the region has a border within the image."""
        return bool(self.mask.any() and not self.mask.all())


def cut_region(image: Float32, mask: Mask, body: Mask) -> Region:
    """Cut a region out of an image, with room for the ring around it as far as the image reaches.

    Args:
        image: Grey values `(height, width)`.
        mask: The region; may be empty, then a single pixel is cut out.
        body: Tissue, `(height, width)` booleans.

    Returns:
        The region.

    Example:
        >>> mask = np.zeros((100, 100), bool)
        >>> mask[40:45, 50] = True
        >>> cut_region(np.zeros((100, 100), np.float32), mask, mask).mask.shape
        (17, 13)
    """
    width = max(round(RING * min(image.shape)), 1)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return Region(image[:1, :1], mask[:1, :1], body[:1, :1], width)
    reach = width + SMOOTHING
    window = tuple(slice(max(int(places[0]) - reach, 0), int(places[-1]) + 1 + reach) for places in (rows, columns))
    return Region(np.ascontiguousarray(image[window]), np.ascontiguousarray(mask[window]), np.ascontiguousarray(body[window]), width)
