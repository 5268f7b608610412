"""The four counts from which every overlap measure follows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tumourflow.types import Mask


class Counts(NamedTuple):
    """Pixels of one slice, sorted by what is there and what was predicted.

    Attributes:
        tp: Tumour, predicted.
        fp: No tumour, predicted.
        fn: Tumour, not predicted.
        tn: No tumour, not predicted.
    """

    tp: int
    fp: int
    fn: int
    tn: int


def count_pixels(truth: Mask, prediction: Mask) -> Counts:
    """Compare two masks of the same slice pixel by pixel.

    Args:
        truth: `(height, width)` booleans.
        prediction: `(height, width)` booleans.

    Returns:
        Counts that sum to `height * width`.

    Raises:
        ValueError: If the masks differ in shape.

    Example:
        >>> count_pixels(np.array([[True, True, False, False]]), np.array([[True, False, True, False]]))
        Counts(tp=1, fp=1, fn=1, tn=1)
    """
    require_same_shape(truth, prediction)
    tp = int(np.count_nonzero(truth & prediction))
    fp = int(np.count_nonzero(prediction)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return Counts(tp, fp, fn, truth.size - tp - fp - fn)


def require_same_shape(truth: Mask, prediction: Mask) -> None:
    """Refuse two masks that do not lie on the same grid.

    Raises:
        ValueError: If the masks differ in shape.
    """
    if truth.shape != prediction.shape:
        msg = f"`truth` and `prediction` must have the same shape. Received: {truth.shape} and {prediction.shape}."
        raise ValueError(msg)
