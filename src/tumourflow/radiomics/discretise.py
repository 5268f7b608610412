"""Grey levels: few enough that a texture can be counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumourflow.types import Float32, Mask

LEVELS = 32
"""Grey levels of a region, of equal width between its darkest and its brightest pixel: textures do not depend on the scanner's gain."""


def discretise(image: Float32, mask: Mask, levels: int = LEVELS) -> npt.NDArray[np.uint8]:
    """Turn grey values into a fixed number of grey levels.

    Args:
        image: Grey values `(height, width)`.
        mask: The region, `(height, width)` booleans.
        levels: How many, at most 255.

    Returns:
        `(height, width)`: 1 to `levels` in the region, all 1 where it is constant; 0 outside.

    Reference:
        Fixed bin number of the Image Biomarker Standardisation Initiative, Zwanenburg 2020, doi:10.1148/radiol.2020191145.

    Example:
        >>> discretise(np.array([[0, 1, 3, 4, 9]], np.float32), np.array([[1, 1, 1, 1, 0]], bool), levels=4).tolist()
        [[1, 2, 4, 4, 0]]
    """
    found = np.zeros(image.shape, np.uint8)
    values = image[mask].astype(np.float64)
    if values.size:
        low, high = values.min(), values.max()
        shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
        found[mask] = np.minimum(np.floor(shares * levels) + 1, levels)
    return found
