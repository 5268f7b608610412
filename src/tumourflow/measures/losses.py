"""The training losses as formulas of sums, for tensors and numbers alike, and slice by slice, because papers print them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SMOOTHING = 1.0
"""Pixels added to numerator and denominator of the soft Dice."""

TVERSKY_FALSE_POSITIVE, TVERSKY_FALSE_NEGATIVE = 0.3, 0.7
"""Weights of a false and of a missed pixel with which Salehi et al. 2017 found the best balance."""

FOCAL_TVERSKY_EXPONENT = 3 / 4
"""1 / gamma for the gamma of 4/3 that Abraham and Khan 2019 recommend."""

FOCAL_TVERSKY_FLOOR = 1e-7
"""Where 1 - index ends, so that its power keeps a finite slope; float32 cannot tell it from 0 beside 1."""

FOCAL_TUMOUR_WEIGHT, FOCAL_GAMMA = 0.25, 2.0
"""alpha and gamma of Lin et al. 2017."""

# Probabilities are stored in float16, whose steps are 2^-24 beside 0 and 2^-11 beside 1: half a step from 1, one step from 0.
_LOWEST, _HIGHEST = 2.0**-24, 1 - 2.0**-12


class LossSums(NamedTuple):
    """What every loss is made of, summed over the pixels of a batch or of a whole split; probabilities `p`, masks `y`.

    Attributes:
        overlap: `sum(p y)`.
        predicted: `sum(p)`.
        true: `sum(y)`.
        entropy: Sum of the pixels' cross-entropy, in nats.
        focal: Sum of the pixels' focal term.
        pixels: Number of pixels.
    """

    overlap: Any
    predicted: Any
    true: Any
    entropy: Any
    focal: Any
    pixels: Any


def dice_ratio(overlap: Any, total: Any) -> Any:
    """Smoothed Dice coefficient of sums: `(2 overlap + s) / (total + s)` with `s` = `SMOOTHING`; the training computes it of tensors.

    Args:
        overlap: `sum(p y)`.
        total: `sum(p) + sum(y)`.

    Returns:
        Dice coefficient in 0..1.

    Example:
        >>> dice_ratio(overlap=0, total=0), dice_ratio(overlap=1, total=5)
        (1.0, 0.5)
    """
    return (2 * overlap + SMOOTHING) / (total + SMOOTHING)


def tversky_ratio(overlap: Any, predicted: Any, true: Any, smoothing: float = SMOOTHING / 2) -> Any:
    """Tversky index of sums: `(tp + s) / (tp + .3 fp + .7 fn + s)`; with both weights .5 it would be `dice_ratio`.

    Args:
        overlap: `tp = sum(p y)`.
        predicted: `sum(p)`, so that `fp = predicted - overlap`.
        true: `sum(y)`, so that `fn = true - overlap`.
        smoothing: `s` in pixels; half of the Dice's, where everything counts twice.

    Returns:
        Index in 0..1; 1 where mask and prediction are both empty.

    Reference:
        Tversky 1977, doi:10.1037/0033-295X.84.4.327; weights of Salehi, Erdogmus and Gholipour 2017, doi:10.1007/978-3-319-67389-9_44.

    Example:
        >>> tversky_ratio(overlap=0, predicted=0, true=0), round(tversky_ratio(overlap=7, predicted=17, true=17, smoothing=0), 6)
        (1.0, 0.411765)
    """
    missed = TVERSKY_FALSE_NEGATIVE * (true - overlap)
    return (overlap + smoothing) / (overlap + TVERSKY_FALSE_POSITIVE * (predicted - overlap) + missed + smoothing)


def soft_dice_loss(probability: npt.NDArray[np.floating[Any]], mask: npt.NDArray[Any]) -> float:
    """Soft Dice loss `1 - (2 sum(p y) + 1) / (sum(p) + sum(y) + 1)` of one slice.

    Args:
        probability: `(height, width)` in 0..1.
        mask: `(height, width)`, 0 or 1.

    Returns:
        0..1; 0 where both are empty, thanks to the one pixel that is added.

    Example:
        >>> soft_dice_loss(np.array([[1.0, 1.0, 0.0]]), np.array([[1, 0, 0]]))
        0.25
    """
    p, y = probability.astype(np.float64), mask.astype(np.float64)
    return float(1 - dice_ratio((p * y).sum(), p.sum() + y.sum()))


def cross_entropy(probability: npt.NDArray[np.floating[Any]], mask: npt.NDArray[Any]) -> float:
    """Binary cross-entropy `-mean(y log(p) + (1 - y) log(1 - p))` of one slice, in nats.

    Args:
        probability: `(height, width)` in 0..1; kept from 0 and 1 by what float16 can tell apart.
        mask: `(height, width)`, 0 or 1.

    Returns:
        At least 0.

    Example:
        >>> round(cross_entropy(np.array([[0.5, 0.5]]), np.array([[1, 0]])), 6)
        0.693147
    """
    p = np.clip(probability.astype(np.float64), _LOWEST, _HIGHEST)
    return float(-np.log(np.where(mask > 0, p, 1 - p)).mean())


def _soft_dice(sums: LossSums) -> Any:
    return 1 - dice_ratio(sums.overlap, sums.predicted + sums.true)


def _cross_entropy(sums: LossSums) -> Any:
    return sums.entropy / sums.pixels


def _tversky(sums: LossSums) -> Any:
    return 1 - tversky_ratio(sums.overlap, sums.predicted, sums.true)


def _focal_tversky(sums: LossSums) -> Any:
    return np.maximum(_tversky(sums), FOCAL_TVERSKY_FLOOR) ** FOCAL_TVERSKY_EXPONENT


LOSSES_OF_SUMS: dict[str, Callable[[LossSums], Any]] = {
    "dice_cross_entropy": lambda sums: _soft_dice(sums) + _cross_entropy(sums),
    "soft_dice": _soft_dice,
    "cross_entropy": _cross_entropy,
    "tversky": _tversky,
    "focal_tversky": _focal_tversky,
    "focal": lambda sums: sums.focal / sums.pixels,
}
"""Every loss of the training, under its name, from the sums over all slices together."""
