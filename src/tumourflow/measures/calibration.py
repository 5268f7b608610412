"""Whether probabilities can be taken at their word, and how they are brought to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tumourflow.measures.class_patients import log_probabilities
from tumourflow.measures.class_units import CALIBRATED, PROBABILITY, Units, Whole, keep_labelled, probability_columns, read_units
from tumourflow.measures.intervals import Floats, as_json, bootstrap_ratio
from tumourflow.measures.summary import sum_by_patient

BINS = 15
"""Bins of equally many units, as in Nixon 2019 (doi:10.48550/arXiv.1904.01685)."""

_COLDEST, _HOTTEST = 0.1, 10.0


def fit_temperature(logarithms: Floats, labels: Whole) -> float:
    """Find the temperature under which the labels are most likely.

    Args:
        logarithms: Log-probabilities or logits of the validation units, `(units, classes)`.
        labels: Number of each unit's true class, `(units,)`.

    Returns:
        The temperature, .1 to 10: above 1 where the network was too sure. 1 where there is nobody to fit on, and where every unit is
        right: then the likelihood only grows as the temperature falls, and says nothing about the next unit.

    Reference:
        Guo 2017, doi:10.48550/arXiv.1706.04599.

    Example:
        >>> sure, labels = np.log([[0.99, 0.01]] * 4), np.array([0, 0, 0, 1])
        >>> float(apply_temperature(sure, fit_temperature(sure, labels))[0, 0].round(3))
        0.75
    """
    from scipy.optimize import minimize_scalar

    if not len(labels) or bool((logarithms.argmax(axis=1) == labels).all()):
        return 1.0
    own = np.arange(len(labels)), labels

    def loss(log_temperature: float) -> float:
        return -float(np.log(apply_temperature(logarithms, float(np.exp(log_temperature)))[own].clip(1e-300)).mean())

    bounds = (float(np.log(_COLDEST)), float(np.log(_HOTTEST)))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x))


def apply_temperature(logarithms: Floats, temperature: float) -> Floats:
    """Divide log-probabilities by the temperature and normalise; which class is first, second and last stays as it is.

    Args:
        logarithms: Log-probabilities or logits, `(units, classes)`.
        temperature: Above 0; 1 changes nothing.

    Returns:
        Probabilities `(units, classes)`, rows sum to 1.

    Example:
        >>> apply_temperature(np.log([[0.8, 0.2]]), 2.0).round(3).tolist()
        [[0.667, 0.333]]
    """
    cooled = (logarithms - logarithms.max(axis=1, keepdims=True)) / temperature
    powers = np.exp(cooled)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


def calibrate(scores: pd.DataFrame, classes: Sequence[str]) -> tuple[pd.DataFrame, float]:
    """Fit the temperature on the validation images and add the probabilities it gives to all rows.

    Args:
        scores: A table of scores with `probability.<class>`.
        classes: Names of the classes.

    Returns:
        The table with the columns `calibrated.<class>`, and the temperature.
    """
    fitted_on = keep_labelled(scores[scores["split"] == "validation"])
    labels = pd.Index(list(classes)).get_indexer(pd.Index(fitted_on["label"])).astype(np.int64)
    temperature = fit_temperature(log_probabilities(fitted_on, classes), labels)
    calibrated = apply_temperature(log_probabilities(scores, classes), temperature)
    columns = pd.DataFrame(calibrated, columns=probability_columns(classes, CALIBRATED), index=scores.index)
    return pd.concat([scores.drop(columns=columns.columns, errors="ignore"), columns], axis=1), temperature


def measure_calibration(units: Units, weights: Floats) -> dict[str, Floats]:
    """Give the Brier score and the expected calibration error in each resample.

    Args:
        units: What was scored.
        weights: How often each group counts, `(resamples, groups)`.

    Returns:
        `brier`: mean over units of half the squared distance between the probabilities and the truth (1 for the true class, 0 for the
        others), in 0..1; of two classes that of either's probability alone. `ece`: mean over bins of the distance between accuracy and
        mean confidence, weighted by their units. Each `(resamples,)`.

    Reference:
        Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2; Naeini 2015, doi:10.1609/aaai.v29i1.9602.
    """
    truth = np.eye(units.probabilities.shape[1])[units.labels]
    errors = ((units.probabilities - truth) ** 2).sum(axis=1) / 2
    sums, counts = (np.bincount(units.groups, each, units.drawn) for each in (errors, np.ones(len(units))))
    return {"brier": (weights @ sums) / (weights @ counts), "ece": _calibration_error(units, weights)}


def reliability_bins(scores: pd.DataFrame, classes: Sequence[str], column: str = PROBABILITY, bins: int = BINS) -> pd.DataFrame:
    """Compare how sure the network was with how often it was right, in bins of equally many images.

    Args:
        scores: Rows of a table of scores, of one split.
        classes: Names of the classes.
        column: Which probabilities.
        bins: Number of bins; equally sure images share one, so that there may be fewer.

    Returns:
        `bin, confidence, accuracy, low, high, n`, one row a bin that holds images, the least sure first: mean probability of the
        predicted class, and the share of right answers with its 95 % interval over groups.
    """
    units = read_units(scores, classes, column)
    confidence, right = units.probabilities.max(axis=1, initial=0), units.predicted == units.labels
    order = np.argsort(confidence, kind="stable")
    numbers = np.empty(len(units), np.int64)
    numbers[order] = _fill_bins(np.ones((1, len(units))), confidence[order], bins)[0] if len(units) else 0
    rows = []
    for number in np.unique(numbers):
        inside = numbers == number
        interval = bootstrap_ratio(sum_by_patient(right[inside].astype(float), pd.Series(units.groups[inside]).astype(str)))
        figures = {"accuracy": interval.value, "low": as_json(interval.low), "high": as_json(interval.high), "n": int(inside.sum())}
        rows.append({"bin": int(number), "confidence": float(confidence[inside].mean()), **figures})
    return pd.DataFrame(rows, columns=["bin", "confidence", "accuracy", "low", "high", "n"])


def _calibration_error(units: Units, weights: Floats) -> Floats:
    confidence = units.probabilities.max(axis=1)
    order = np.argsort(confidence, kind="stable")
    drawn = weights[:, units.groups[order]]
    numbers = _fill_bins(drawn, confidence[order], BINS)
    gaps = drawn * ((units.predicted == units.labels).astype(float) - confidence)[order]
    numbered = numbers + BINS * np.arange(len(weights))[:, None]
    sums = np.bincount(numbered.ravel(), gaps.ravel(), BINS * len(weights)).reshape(-1, BINS)
    return np.asarray(np.abs(sums).sum(axis=1) / drawn.sum(axis=1), np.float64)


def _fill_bins(drawn: Floats, confidence: Floats, bins: int) -> Whole:
    # A unit goes into the bin that the units below it have reached; equally sure ones go together, whatever their order.
    below = drawn.cumsum(axis=1) - drawn
    fresh = np.append(True, confidence[1:] != confidence[:-1])
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(confidence)), 0))
    reached = bins * below[:, first] // drawn.sum(axis=1, keepdims=True)
    return np.asarray(np.minimum(reached, bins - 1), np.int64)
