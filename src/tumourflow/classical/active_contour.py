"""An outline that moves until it fits."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.classical.field import Field
from tumourflow.classical.thresholds import threshold_fixed
from tumourflow.types import Mask


def evolve_contour(field: Field, level: float, smoothness: int, steps: int = 10) -> Mask:
    """Start from what is brighter than a level, and let the outline move by the morphological Chan-Vese method.

    Each step moves the outline to where both sides are most even in themselves, then smooths it: every pixel goes with the majority of
    the 3 x 3 around it. scikit-image's own smoothing takes turns between two operators that all calls share, so that the result would
    depend on what was done before, and beside it on other threads.

    Args:
        field: A slice.
        level: Of the start, see `threshold_fixed`.
        smoothness: How often each step smooths the outline.
        steps: Number of steps.

    Returns:
        `(side, side)` booleans within the tissue; empty where nothing is as bright as the level, and where the slice is blank.

    Reference:
        Chan and Vese 2001, doi:10.1109/83.902291; morphological: Marquez-Neila, Baumela and Alvarez 2014, doi:10.1109/TPAMI.2013.106.

    Example:
        >>> image = np.zeros((16, 16), np.float32)
        >>> image[4:10, 4:10] = 2
        >>> evolve_contour(Field(image, np.ones((16, 16), bool)), level=1, smoothness=1)[5:9, 5:9].all()
        np.True_
    """
    from scipy.ndimage import find_objects
    from skimage.segmentation import morphological_chan_vese

    def relax(outline: npt.NDArray[np.int8]) -> None:
        for _ in range(smoothness):
            outline[...] = cv2.medianBlur(outline.astype(np.uint8), 3)

    start = _keep_largest(threshold_fixed(field, level))
    contour = np.zeros_like(start)
    if not start.any():
        return contour
    box = tuple(slice(max(where.start - steps, 0), where.stop + steps) for where in find_objects(start.astype(np.uint8))[0])
    values = field.image[box].astype(np.float64)
    moved = morphological_chan_vese(values, steps, init_level_set=start[box], smoothing=0, iter_callback=relax)
    contour[box] = moved > 0
    return contour & field.tissue


def _keep_largest(mask: Mask) -> Mask:
    from scipy.ndimage import label

    labels, number = label(mask, np.ones((3, 3), bool))
    return np.asarray(labels == 1 + np.argmax(np.bincount(labels.ravel(), minlength=2)[1:])) if number else mask
