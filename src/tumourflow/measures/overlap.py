"""Overlap measures: one-line functions of the counts, for single numbers and for whole columns alike.

Counts may be those of a slice, or sums over a patient's slices or over everything. The result has the shape of the counts and is NaN
where the measure is not defined; whoever averages leaves these out.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.ArrayLike
Ratios: TypeAlias = npt.NDArray[np.float64]


def dice(tp: Numbers, fp: Numbers, fn: Numbers) -> Ratios:
    """Dice coefficient `2tp / (2tp + fp + fn)`, NaN where truth and prediction are both empty.

    Reference:
        Dice 1945, doi:10.2307/1932409.

    Example:
        >>> dice([1, 0, 0], [1, 3, 0], [1, 0, 0]).tolist()
        [0.5, 0.0, nan]
    """
    return divide(2 * _floats(tp), 2 * _floats(tp) + _floats(fp) + _floats(fn))


def iou(tp: Numbers, fp: Numbers, fn: Numbers) -> Ratios:
    """Intersection over union `tp / (tp + fp + fn)`, NaN where truth and prediction are both empty.

    Example:
        >>> iou([1, 0, 0], [1, 3, 0], [2, 0, 0]).tolist()
        [0.25, 0.0, nan]
    """
    return divide(tp, _floats(tp) + _floats(fp) + _floats(fn))


def dice_with_empties(tp: Numbers, fp: Numbers, fn: Numbers) -> Ratios:
    """Dice coefficient that is 1 where truth and prediction are both empty: easy to earn, and therefore inflated.

    Example:
        >>> dice_with_empties([1, 0, 0], [1, 3, 0], [1, 0, 0]).tolist()
        [0.5, 0.0, 1.0]
    """
    return np.nan_to_num(dice(tp, fp, fn), nan=1.0)


def tumour_dice(tp: Numbers, fp: Numbers, fn: Numbers) -> Ratios:
    """Dice coefficient where there is tumour in the truth, NaN elsewhere.

    Example:
        >>> tumour_dice([1, 0, 0], [1, 3, 0], [1, 0, 0]).tolist()
        [0.5, nan, nan]
    """
    return only_where(has_tumour(tp, fn), dice(tp, fp, fn))


def tumour_iou(tp: Numbers, fp: Numbers, fn: Numbers) -> Ratios:
    """Intersection over union where there is tumour in the truth, NaN elsewhere.

    Example:
        >>> tumour_iou([1, 0], [1, 3], [2, 0]).tolist()
        [0.25, nan]
    """
    return only_where(has_tumour(tp, fn), iou(tp, fp, fn))


def hit(tp: Numbers, fn: Numbers) -> Ratios:
    """1 where at least one tumour pixel was predicted, 0 where a tumour was missed, NaN where there is none.

    Example:
        >>> hit([1, 0, 0], [9, 9, 0]).tolist()
        [1.0, 0.0, nan]
    """
    return only_where(has_tumour(tp, fn), _floats(tp) > 0)


def left_empty(tp: Numbers, fp: Numbers, fn: Numbers) -> Ratios:
    """1 where nothing was predicted and there is nothing, 0 for a false alarm, NaN where there is tumour.

    Example:
        >>> left_empty([0, 0, 5], [0, 3, 0], [0, 0, 0]).tolist()
        [1.0, 0.0, nan]
    """
    return only_where(~has_tumour(tp, fn), _floats(fp) == 0)


def area_error(tp: Numbers, fp: Numbers, fn: Numbers) -> Ratios:
    """Predicted area minus true area as a share of the true area, NaN where there is no tumour.

    Example:
        >>> area_error([2, 0, 0], [3, 0, 4], [0, 2, 0]).tolist()
        [1.5, -1.0, nan]
    """
    return only_where(has_tumour(tp, fn), divide(_floats(fp) - _floats(fn), _floats(tp) + _floats(fn)))


def has_tumour(tp: Numbers, fn: Numbers) -> npt.NDArray[np.bool_]:
    """Whether the truth holds any tumour.

    Example:
        >>> has_tumour([1, 0, 0], [0, 1, 0]).tolist()
        [True, True, False]
    """
    present: npt.NDArray[np.bool_] = _floats(tp) + _floats(fn) > 0
    return present


def divide(numerator: Numbers, denominator: Numbers) -> Ratios:
    """Divide; what is divided by zero becomes NaN.

    Example:
        >>> divide([1, 1], [2, 0]).tolist()
        [0.5, nan]
    """
    below = _floats(denominator)
    return _floats(numerator) / np.where(below == 0, np.nan, below)


def only_where(condition: npt.NDArray[np.bool_], values: Numbers) -> Ratios:
    """Keep values where the condition holds, NaN elsewhere.

    Example:
        >>> only_where(np.array([True, False]), [3, 4]).tolist()
        [3.0, nan]
    """
    return np.where(condition, _floats(values), np.nan)


def _floats(numbers: Numbers) -> Ratios:
    return np.asarray(numbers, np.float64)
