"""The margin of a region: how steeply the brightness changes there."""

from __future__ import annotations

import cv2
import numpy as np

from tumourflow.radiomics.region import Region
from tumourflow.radiomics.types import Features, ratio

BAND = 1.5
"""Pixels on each side of the border that belong to the margin."""
NAMES = ("slope", "slope_spread", "gradient_magnitude", "sharpness", "rising_share", "contrast")


def measure_margin(region: Region) -> Features:
    """Measure how the brightness changes across the border of a region, on the image smoothed by one pixel.

    Args:
        region: Image, mask and distances.

    Returns:
        Over the pixels up to 1.5 pixels from the border: `slope`, the mean change a pixel on the way in (positive: brighter inside),
        `slope_spread`, its standard deviation, `gradient_magnitude`, the mean steepness in any direction, `sharpness`, the slope as a
        share of the spread of grey values there, `rising_share`, where it becomes brighter on the way in; and `contrast`, the mean within
        a ring's width inside the border minus that outside. All NaN where the mask has no border in the image.
    """
    if not region.bordered:
        return dict.fromkeys(NAMES, np.nan)
    smooth = cv2.GaussianBlur(region.image, (0, 0), 1)
    down, right = np.gradient(smooth)
    inwards_down, inwards_right = np.gradient(cv2.GaussianBlur(region.distance, (0, 0), 1))
    length = np.maximum(np.hypot(inwards_down, inwards_right), 1e-6)
    band = np.abs(region.distance) <= BAND
    slope = ((down * inwards_down + right * inwards_right) / length)[band].astype(np.float64)
    inside = (region.distance > 0) & (region.distance <= region.width)
    outside = (region.distance < 0) & (region.distance >= -region.width)
    return {
        "slope": float(slope.mean()),
        "slope_spread": float(slope.std()),
        "gradient_magnitude": float(np.hypot(down, right)[band].mean()),
        "sharpness": ratio(float(slope.mean()), float(smooth[band].std())),
        "rising_share": float((slope > 0).mean()),
        "contrast": float(region.image[inside].mean() - region.image[outside].mean()),
    }
