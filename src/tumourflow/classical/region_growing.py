"""A region that grows from a seed over pixels like it."""

from __future__ import annotations

import numpy as np

from tumourflow.classical.field import Field, smooth
from tumourflow.classical.symmetry import measure_asymmetry
from tumourflow.types import Mask

_CALM = 0.03
"""Width of the smoothing under which a seed is sought, as a share of the side: a single bright pixel is no tumour."""


def find_seed(field: Field, symmetry: float) -> tuple[int, int] | None:
    """Find the place that is brightest, and most unlike its mirror image.

    Args:
        field: A slice.
        symmetry: Weight of the difference to the other side of the midline beside the brightness.

    Returns:
        Row and column, within the tissue; none where the slice is blank. Of equal places the first.
    """
    if field.is_blank():
        return None
    merit = smooth(field.image, _CALM) + symmetry * measure_asymmetry(field, _CALM)
    place = int(np.argmax(np.where(field.tissue, merit, -np.inf)))
    return place // merit.shape[1], place % merit.shape[1]


def grow_region(field: Field, symmetry: float, brightness: float, tolerance: float) -> Mask:
    """Grow a region from `find_seed` over all connected tissue that is no more than a tolerance unlike the seed's surroundings.

    Args:
        field: A slice.
        symmetry: See `find_seed`.
        brightness: Least brightness around the seed, in standard deviations of the patient's tissue above its mean.
        tolerance: Largest difference to the brightness around the seed, in the same unit.

    Returns:
        `(side, side)` booleans, one component that touches itself side by side or in corners; empty where the slice is blank or its
        seed not bright enough, which is how a slice without tumour stays empty.

    Reference:
        Adams and Bischof 1994, doi:10.1109/34.295913.

    Example:
        >>> image = np.zeros((64, 64), np.float32)
        >>> image[10:20, 10:20] = 3
        >>> field = Field(image, np.ones((64, 64), bool))
        >>> grow_region(field, symmetry=0, brightness=1, tolerance=1).sum(), grow_region(field, 0, 4, 1).sum()
        (np.int64(100), np.int64(0))
    """
    from skimage.segmentation import flood

    seed = find_seed(field, symmetry)
    if seed is None:
        return np.zeros_like(field.tissue)
    around = float(smooth(field.image, _CALM)[seed])
    if around < brightness:
        return np.zeros_like(field.tissue)
    alike = field.tissue & (np.abs(field.image - around) <= tolerance)
    alike[seed] = True
    return np.asarray(flood(alike, seed, connectivity=2), bool)
