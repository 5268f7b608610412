"""Thresholds: one for all, one a slice, or one a place."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.classical.field import Field
from tumourflow.types import Float32, Mask

_BINS = 64


def threshold_fixed(field: Field, level: float) -> Mask:
    """Take what is brighter than the same level in every slice.

    Args:
        field: A slice.
        level: In standard deviations of the patient's tissue above its mean.

    Returns:
        `(side, side)` booleans; empty where nothing is as bright, and where the slice is blank.

    Example:
        >>> field = Field(np.array([[0, 1, 2]], np.float32), np.ones((1, 3), bool))
        >>> threshold_fixed(field, level=1.5).tolist()
        [[False, False, True]]
    """
    return np.zeros_like(field.tissue) if field.is_blank() else field.tissue & (field.image >= level)


def threshold_otsu(field: Field) -> Mask:
    """Part the tissue of a slice in two, so that the grey values within each part vary least, and take the brighter one.

    Args:
        field: A slice.

    Returns:
        `(side, side)` booleans; empty where the slice is blank. A slice without tumour is parted all the same.

    Reference:
        Otsu 1979, doi:10.1109/TSMC.1979.4310076.

    Example:
        >>> field = Field(np.array([[0, 0.1, 2, 2.1]], np.float32), np.ones((1, 4), bool))
        >>> threshold_otsu(field).tolist()
        [[False, False, True, True]]
    """
    from skimage.filters import threshold_otsu as find_threshold

    if field.is_blank():
        return np.zeros_like(field.tissue)
    values = field.image[field.tissue]
    return field.tissue & (field.image > _end_of_bin(find_threshold(values, nbins=_BINS), values))


def threshold_multi_otsu(field: Field, classes: int) -> Mask:
    """Part the tissue of a slice in several, as `threshold_otsu` does in two, and take the brightest part.

    Args:
        field: A slice.
        classes: Number of parts, at least 2.

    Returns:
        `(side, side)` booleans; empty where the slice has fewer grey values than parts.

    Reference:
        Liao, Chen and Chung 2001, A fast algorithm for multilevel thresholding, Journal of Information Science and Engineering 17.

    Example:
        >>> field = Field(np.array([[0, 0.1, 1, 1.1, 2, 2.1]], np.float32), np.ones((1, 6), bool))
        >>> threshold_multi_otsu(field, classes=3).tolist()
        [[False, False, False, False, True, True]]
    """
    from skimage.filters import threshold_multiotsu

    values = field.image[field.tissue]
    if field.is_blank() or _count_filled(values) < classes:
        return np.zeros_like(field.tissue)
    level = threshold_multiotsu(values, classes=classes, nbins=_BINS)[-1]
    return field.tissue & (field.image > _end_of_bin(level, values))


def threshold_adaptive(field: Field, width: float, offset: float) -> Mask:
    """Take what is brighter than its surroundings.

    The threshold of a pixel is the mean around it, weighted by a Gaussian over the tissue alone, and an offset.

    Args:
        field: A slice.
        width: Standard deviation of the Gaussian, as a share of the side.
        offset: In standard deviations of the patient's tissue.

    Returns:
        `(side, side)` booleans; empty where nothing stands out, and where the slice is blank.

    Reference:
        Bradley and Roth 2007, doi:10.1080/2151237X.2007.10129236.

    Example:
        >>> image = np.zeros((9, 9), np.float32)
        >>> image[4, 4] = 3
        >>> threshold_adaptive(Field(image, np.ones((9, 9), bool)), width=0.2, offset=1).sum()
        np.int64(1)
    """
    if field.is_blank():
        return np.zeros_like(field.tissue)
    weight = field.tissue.astype(np.float32)
    around, share = _blur(field.image * weight, width), _blur(weight, width)
    # A pixel of tissue is always part of its own surroundings.
    return field.tissue & (field.image >= around / np.maximum(share, 1e-6) + offset)


def _blur(image: Float32, width: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), width * max(image.shape), borderType=cv2.BORDER_CONSTANT), np.float32)


def _end_of_bin(centre: float, values: npt.NDArray[np.float32]) -> float:
    # scikit-image gives the centre of the last bin below the threshold, to which values up to its end belong.
    return float(centre) + float(np.ptp(values)) / _BINS / 2


def _count_filled(values: npt.NDArray[np.float32]) -> int:
    # Values that fall into one bin of the histogram are one value to the thresholds.
    return int(np.count_nonzero(np.histogram(values, bins=_BINS)[0]))
