"""Texture by local binary patterns: what is brighter than its neighbours, whatever the contrast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumourflow.radiomics.types import Features
from tumourflow.types import Float32, Mask

POINTS = 8
RADIUS = 1
NAMES = (*(f"bright_neighbours_{number}" for number in range(POINTS + 1)), "not_uniform")


def measure_lbp(image: Float32, mask: Mask) -> Features:
    """Count uniform local binary patterns of eight neighbours, whichever way they are turned.

    Args:
        image: Grey values `(height, width)`; neighbours outside the region count as well, those outside the image as black.
        mask: The region.

    Returns:
        Shares of the region's pixels: `bright_neighbours_k`, at which k neighbours side by side are at least as bright as the pixel (0 is a
        bright spot, 8 a dark or flat one, 4 an edge), and `not_uniform` for all other patterns. All NaN where there is no pixel.

    Reference:
        Ojala 2002, doi:10.1109/TPAMI.2002.1017623.

    Example:
        >>> spot = np.pad(np.ones((1, 1), np.float32), 2)
        >>> measure_lbp(spot, spot > 0)["bright_neighbours_0"]
        1.0
    """
    if not mask.any():
        return dict.fromkeys(NAMES, np.nan)
    from skimage.feature import local_binary_pattern

    patterns = local_binary_pattern(_to_whole_numbers(image), POINTS, RADIUS, "uniform")[mask]
    shares = np.bincount(patterns.astype(np.int64), minlength=len(NAMES)) / patterns.size
    return dict(zip(NAMES, shares.tolist(), strict=True))


def _to_whole_numbers(image: Float32) -> npt.NDArray[np.uint16]:
    # Comparing rounded numbers, what is equal stays equal.
    low, high = float(image.min()), float(image.max())
    return np.asarray(np.rint((image - low) * (65535 / max(high - low, 1e-30))), np.uint16)
