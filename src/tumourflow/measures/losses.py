"""The training losses as plain numbers, slice by slice, because papers print them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

SMOOTHING = 1.0
"""Pixels added to numerator and denominator of the soft Dice."""

# Probabilities are stored in float16, whose steps are 2^-24 beside 0 and 2^-11 beside 1: half a step from 1, one step from 0.
_LOWEST, _HIGHEST = 2.0**-24, 1 - 2.0**-12


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
