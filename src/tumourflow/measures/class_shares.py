"""Shares of right answers: functions of a confusion matrix, which is a sum over groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tumourflow.measures.class_units import Units
from tumourflow.measures.intervals import Floats
from tumourflow.measures.overlap import divide, only_where


def confuse(units: Units, weights: Floats) -> Floats:
    """Count units by true and predicted class.

    Args:
        units: What was scored.
        weights: How often each group counts, `(resamples, groups)`.

    Returns:
        `(resamples, classes, classes)`: true class, predicted class.
    """
    size = units.probabilities.shape[1]
    cells = (units.groups * size + units.labels) * size + units.predicted
    counts = np.bincount(cells, minlength=units.drawn * size * size).reshape(units.drawn, size * size)
    return np.asarray((weights @ counts).reshape(-1, size, size), np.float64)


def measure_shares(units: Units, weights: Floats, classes: Sequence[str]) -> dict[str, Floats]:
    """Give accuracy, recall, precision, F1 and their means over classes in each resample.

    Args:
        units: What was scored.
        weights: How often each group counts, `(resamples, groups)`.
        classes: Names of the classes.

    Returns:
        `{measure: (resamples,)}`, in 0..1. A class of which there is nothing has neither recall nor F1, one that was never predicted
        no precision; balanced accuracy (the mean of the recalls) and `macro_f1` are defined where every class is there. NaN elsewhere.

    Reference:
        Balanced accuracy: Brodersen 2010, doi:10.1109/ICPR.2010.764.
    """
    table = confuse(units, weights)
    right, there, predicted = np.diagonal(table, axis1=1, axis2=2), table.sum(axis=2), table.sum(axis=1)
    recall = divide(right, there)
    precision = divide(right, predicted)
    f1 = only_where(there > 0, divide(2 * right, there + predicted))
    measures = {
        "accuracy": divide(right.sum(axis=1), there.sum(axis=1)),
        "balanced_accuracy": recall.mean(axis=1),
        "macro_f1": f1.mean(axis=1),
    }
    for kind, values in (("recall", recall), ("precision", precision), ("f1", f1)):
        measures |= {f"{kind}.{name}": values[:, number] for number, name in enumerate(classes)}
    return measures
