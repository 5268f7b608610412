"""ROC and precision-recall curves with pointwise bands, from the same resamples as the areas under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from tumourflow.measures.class_figures import weigh_groups
from tumourflow.measures.class_ranks import ranked_classes, sum_runs
from tumourflow.measures.class_units import Units, read_units
from tumourflow.measures.intervals import Floats
from tumourflow.measures.overlap import divide

_RATES = np.linspace(0, 1, 101)
_ROUNDING = 1e-9

Curve = Callable[[Floats, Floats], Floats]


def roc_curve_points(scores: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Tell which share of a class is found, by the share of the others that may be taken for it.

    Args:
        scores: Rows of a table of scores of one split.
        classes: Names of the classes; of two the second is shown, since the first one's curve is its mirror image.

    Returns:
        `class, false_positive_rate, true_positive_rate, low, high`, 101 rows a class: the highest share reached at no more than that
        false positive rate, and its pointwise 95 % interval over groups. No rows for a class of which one side is missing.
    """
    units = read_units(scores, classes)
    found = [_trace(units, classes, number, _RATES, _reach_rates) for number in ranked_classes(classes).values()]
    table = pd.concat(found, ignore_index=True)
    return table.rename(columns={"x": "false_positive_rate", "y": "true_positive_rate"})


def precision_recall_points(scores: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Tell which share of the images taken for a class are of it, by the share of the class that is to be found.

    Args:
        scores: Rows of a table of scores of one split.
        classes: Names of the classes; all are shown, since precision is not symmetric.

    Returns:
        `class, recall, precision, low, high`, 100 rows a class: the precision at the threshold that first reaches this recall, and its
        pointwise 95 % interval over groups. No rows for a class of which one side is missing.
    """
    units = read_units(scores, classes)
    found = [_trace(units, classes, number, _RATES[1:], _reach_recalls) for number in range(len(classes))]
    return pd.concat(found, ignore_index=True).rename(columns={"x": "recall", "y": "precision"})


def _trace(units: Units, classes: Sequence[str], number: int, places: Floats, curve: Curve) -> pd.DataFrame:
    columns = ["class", "x", "y", "low", "high"]
    if not 0 < int((units.labels == number).sum()) < len(units):
        return pd.DataFrame({name: np.array([], object if name == "class" else float) for name in columns})
    there, *blocks = [curve(*_keep_defined(*sum_runs(units, number, weights))) for weights in weigh_groups(units)]
    resampled = np.concatenate(blocks)
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0) if len(resampled) else np.full((2, len(places)), np.nan)
    return pd.DataFrame({"class": classes[number], "x": places, "y": there[0], "low": low, "high": high})


def _keep_defined(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    # A resample without images of the class, or without others, has no curve.
    both = positives.any(axis=1) & negatives.any(axis=1)
    return positives[both], negatives[both]


def _reach_rates(positives: Floats, negatives: Floats) -> Floats:
    # A curve begins before the first image, where nothing is found.
    true, false = (np.pad(_cumulate(each), ((0, 0), (1, 0))) for each in (positives, negatives))
    places = [np.searchsorted(row, _RATES + _ROUNDING, side="right") - 1 for row in false]
    return np.take_along_axis(true, np.array(places).reshape(-1, len(_RATES)), axis=1)


def _reach_recalls(positives: Floats, negatives: Floats) -> Floats:
    above = positives.cumsum(axis=1)
    precision = divide(above, above + negatives.cumsum(axis=1))
    places = [np.searchsorted(row, _RATES[1:] - _ROUNDING, side="left") for row in _cumulate(positives)]
    return np.take_along_axis(precision, np.array(places).reshape(-1, len(_RATES) - 1), axis=1)


def _cumulate(counts: Floats) -> Floats:
    sums = counts.cumsum(axis=1)
    return np.asarray(sums / sums[:, -1:], np.float64)
