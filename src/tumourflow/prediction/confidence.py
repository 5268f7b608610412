"""How much of a mask is tumour, going by what masks of the validation patients were worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from tumourflow.imaging.preparation import Preparation
from tumourflow.prediction.volumes import patient_rows, restore_rows
from tumourflow.types import Float32, Mask

BINS = 1000
"""Probabilities are counted in so many bins, so that no pixel has to be held."""
FEWEST = 50
"""Pixels on which anything is fitted."""


def fit_confidence(
    probability: npt.NDArray[Any],
    index: pd.DataFrame,
    preparation: Preparation,
    threshold: float,
    read_truth: Callable[[str], Mask | None],
) -> dict[str, Any] | None:
    """Fit how probable tumour is in pixels that are called tumour.

    A logistic curve is laid through the logits of the probabilities, with Platt's correction for small numbers, over all pixels of the
    validation slices, in native size, whose probability reaches the threshold.

    Args:
        probability: `(n, size, size)`, 0..1, possibly on disk.
        index: `n` rows of `case_id, patient, split, top, left, side, height, width`; rows of a patient side by side.
        preparation: What made the network's input.
        threshold: Probability from which a pixel is tumour.
        read_truth: Gives the native mask of a case, or none.

    Returns:
        `slope` and `offset` of the curve, the number of `pixels` and which share of them `is_tumour`; None where there are too few.

    Reference:
        Platt 1999, Probabilistic outputs for support vector machines.
    """
    counts = np.zeros((2, BINS), np.int64)
    for own in patient_rows(index):
        places = own[index["split"].iloc[own] == "validation"]
        if len(places):
            rows = index.iloc[places]
            counts += _count(restore_rows(probability[places], rows, preparation), rows, threshold, read_truth)
    pixels = int(counts.sum())
    if pixels < FEWEST:
        return None
    slope, offset = _fit(counts)
    return {"slope": slope, "offset": offset, "pixels": pixels, "is_tumour": float(counts[1].sum() / pixels)}


def measure_confidence(probability: Float32, mask: Mask, fitted: Mapping[str, Any] | None) -> float:
    """Tell which share of a mask is expected to be tumour.

    Args:
        probability: `(height, width)`, 0..1.
        mask: `(height, width)` booleans.
        fitted: What `fit_confidence` gave.

    Returns:
        0..1; NaN where the mask is empty or nothing was fitted.

    Example:
        >>> measure_confidence(np.array([[0.5, 0.1]], np.float32), np.array([[True, False]]), {"slope": 1.0, "offset": 0.0})
        0.5
    """
    if fitted is None or not mask.any():
        return float("nan")
    logits = _logits(probability[mask].astype(np.float64))
    return float(expit(float(fitted["slope"]) * logits + float(fitted["offset"])).mean())


def _count(native: list[Float32], rows: pd.DataFrame, threshold: float, read_truth: Callable[[str], Mask | None]) -> npt.NDArray[np.int64]:
    counts = np.zeros((2, BINS), np.int64)
    for case_id, probability in zip(rows["case_id"], native, strict=True):
        truth = read_truth(case_id)
        if truth is None:
            continue
        for tumour, chosen in enumerate((~truth, truth)):
            values = probability[chosen & (probability >= threshold)]
            counts[tumour] += np.bincount(np.minimum((values * BINS).astype(np.int64), BINS - 1), minlength=BINS)
    return counts


def _fit(counts: npt.NDArray[np.int64]) -> tuple[float, float]:
    from scipy.optimize import minimize

    centres = _logits((np.arange(BINS) + 0.5) / BINS)
    outside, inside = counts.sum(axis=1)
    high, low = (inside + 1) / (inside + 2), 1 / (outside + 2)
    # Each pixel counts as tumour by nearly 1 or nearly 0, so that no curve becomes a step.
    tumour = high * counts[1] + low * counts[0]
    other = counts.sum(axis=0) - tumour

    def loss(parameters: npt.NDArray[np.float64]) -> float:
        values = np.exp(parameters[0]) * centres + parameters[1]
        return float((tumour * np.logaddexp(0, -values) + other * np.logaddexp(0, values)).sum() / counts.sum())

    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-4, 4), (-20, 20)]).x
    return float(np.exp(found[0])), float(found[1])


def _logits(probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(logit(np.clip(probability, 1e-4, 1 - 1e-4)), np.float64)
