"""What a classical method sees of a slice: grey values in a common unit, and where there is tissue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tumourflow.imaging.crop import find_contour
from tumourflow.imaging.intensity import FOREGROUND_SHARE
from tumourflow.types import Float32, Mask

_LEAST_SPREAD = 1e-4
"""A spread of grey values below this is rounding; an image that has no more than that is constant."""


@dataclass(frozen=True)
class Sight:
    """How a slice is looked at, whatever the method.

    Attributes:
        polarity: 1 where tumours are brighter than other tissue, -1 where they are darker.
        smoothing: Standard deviation of the Gaussian in front of every method, as a share of the side.
        rim: What is left out at the border of the tissue (scalp and skull, or skin), as a share of the side.
    """

    polarity: int
    smoothing: float
    rim: float


@dataclass(frozen=True)
class Field:
    """One slice as a method sees it; tumours are bright.

    Attributes:
        image: `(side, side)` float32, in standard deviations of the patient's tissue about its mean; 0 outside the tissue.
        tissue: `(side, side)` booleans, where a tumour may be.
    """

    image: Float32
    tissue: Mask

    def is_blank(self) -> bool:
        """Tell whether there is nothing to divide: no tissue, or only one grey value in it."""
        values = self.image[self.tissue]
        return not values.size or float(np.ptp(values)) < _LEAST_SPREAD


def see_volume(leads: Sequence[Float32], sight: Sight, *, together: bool) -> list[Field]:
    """Look at all slices of a patient.

    Args:
        leads: Lead channel of each slice, `(side, side)`, in any unit; black is the darkest value.
        sight: How.
        together: Whether the slices share one scale of grey values, as those of a volume do; else each has its own.

    Returns:
        A field for each slice; one without tissue where nothing is brighter than air.
    """
    units = [list(leads)] if together else [[lead] for lead in leads]
    return [field for unit in units if unit for field in _see_unit(unit, sight)]


def measure_contrast(leads: Sequence[Float32], masks: Sequence[Mask], *, together: bool) -> float:
    """Tell how much brighter a patient's tumour is than the rest of its tissue.

    Args:
        leads: Lead channel of each slice, `(side, side)`.
        masks: The tumour in each, `(side, side)` booleans.
        together: See `see_volume`.

    Returns:
        Difference of the means, in standard deviations of the tissue; NaN where there is no tumour or nothing else.
    """
    fields = see_volume(leads, Sight(polarity=1, smoothing=0, rim=0), together=together)
    inside = [field.image[mask] for field, mask in zip(fields, masks, strict=True)]
    outside = [field.image[field.tissue & ~mask] for field, mask in zip(fields, masks, strict=True)]
    tumour, rest = np.concatenate([*inside, []]), np.concatenate([*outside, []])
    return float(tumour.mean() - rest.mean()) if tumour.size and rest.size else float("nan")


def _see_unit(leads: list[Float32], sight: Sight) -> Iterator[Field]:
    planes = [np.asarray(lead, np.float32) for lead in leads]
    values = np.stack(planes)
    black, bright = float(values.min()), float(np.percentile(values, 99.5))
    threshold = black + FOREGROUND_SHARE * (bright - black)
    tissues = [find_tissue(plane, threshold) for plane in planes]
    # Air that the hull takes in says nothing about tissue.
    seen = values[np.stack(tissues) & (values > threshold)].astype(np.float64)
    centre, spread = (float(seen.mean()), float(seen.std())) if seen.size else (0.0, 0.0)
    gain = sight.polarity / spread if spread > _LEAST_SPREAD else 0.0
    for plane, tissue in zip(planes, tissues, strict=True):
        scaled = np.where(tissue, (plane - np.float32(centre)) * np.float32(gain), np.float32(0))
        yield Field(smooth(scaled, sight.smoothing), _peel(tissue, sight.rim))


def find_tissue(plane: Float32, threshold: float) -> Mask:
    """Find the convex hull of the largest contour of what is brighter than air: a head or a fan with all that is dark in it.

    A cyst is as black as the air around, and need not be enclosed by tissue on all sides.

    Args:
        plane: `(side, side)`.
        threshold: Tissue is brighter than this.

    Returns:
        `(side, side)` booleans; empty where nothing is as bright.
    """
    contours = cv2.findContours(find_contour(plane, threshold).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    hull = np.zeros(plane.shape, np.uint8)
    if contours:
        cv2.fillConvexPoly(hull, cv2.convexHull(max(contours, key=cv2.contourArea)), 1)
    return hull > 0


def smooth(image: Float32, share: float) -> Float32:
    """Smooth by a Gaussian whose standard deviation is a share of the side; 0 leaves the image as it is."""
    if share <= 0:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), share * max(image.shape), borderType=cv2.BORDER_REPLICATE), np.float32)


def _peel(tissue: Mask, share: float) -> Mask:
    radius = round(share * max(tissue.shape))
    if not radius:
        return tissue
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    # The end of the image counts as border: shadows reach to it, and a neck that is cut off there.
    return np.asarray(cv2.erode(tissue.astype(np.uint8), disc, borderType=cv2.BORDER_CONSTANT, borderValue=0)) > 0
