"""How well a class's probability sets its own images before the others: areas under curves, from sums over runs of equal probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tumourflow.measures.class_units import Units
from tumourflow.measures.intervals import Floats
from tumourflow.measures.overlap import divide, only_where


def sum_runs(units: Units, number: int, weights: Floats) -> tuple[Floats, Floats]:
    """Sort units by the probability of a class, and add up the drawn ones of the class and of the others in each run of equal ones.

    Args:
        units: What was scored, at least one.
        number: Of the class.
        weights: How often each group counts, `(resamples, groups)`.

    Returns:
        Units of the class, and others, each `(resamples, runs)`, the most probable run first.
    """
    order = np.argsort(-units.probabilities[:, number], kind="stable")
    probability, own = units.probabilities[order, number], units.labels[order] == number
    starts = np.flatnonzero(np.append(True, probability[1:] != probability[:-1]))
    drawn = weights[:, units.groups[order]]
    positives = drawn * own
    if len(starts) == len(order):
        return positives, drawn - positives
    return np.add.reduceat(positives, starts, axis=1), np.add.reduceat(drawn - positives, starts, axis=1)


def area_under_roc(positives: Floats, negatives: Floats) -> Floats:
    """Give the chance that a unit of the class is set before another one, equal ones counting half.

    Args:
        positives: Units of the class by run, `(resamples, runs)`, the most probable first.
        negatives: The others.

    Returns:
        `(resamples,)` in 0..1, NaN where either is missing.

    Reference:
        Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    Example:
        >>> area_under_roc(np.array([[1.0, 1.0, 0.0]]), np.array([[0.0, 1.0, 1.0]])).tolist()
        [0.875]
    """
    before = positives.cumsum(axis=1) - positives / 2
    return divide((negatives * before).sum(axis=1), positives.sum(axis=1) * negatives.sum(axis=1))


def average_precision(positives: Floats, negatives: Floats) -> Floats:
    """Give the mean over the units of the class of the precision where each is reached; nothing is interpolated.

    Args:
        positives: Units of the class by run, `(resamples, runs)`, the most probable first.
        negatives: The others.

    Returns:
        `(resamples,)` in 0..1, NaN where either is missing.

    Reference:
        Boyd 2013, doi:10.1007/978-3-642-40994-3_29.

    Example:
        >>> average_precision(np.array([[1.0, 0.0, 1.0]]), np.array([[0.0, 2.0, 0.0]])).tolist()
        [0.75]
    """
    above = positives.cumsum(axis=1)
    precision = above / np.maximum(above + negatives.cumsum(axis=1), 1)
    mean = divide((positives * precision).sum(axis=1), positives.sum(axis=1))
    return only_where(negatives.sum(axis=1) > 0, mean)


def ranked_classes(classes: Sequence[str]) -> dict[str, int]:
    """Name the areas under the ROC curve: of two classes that of the second, of more each against the rest.

    Example:
        >>> ranked_classes(["no", "yes"]), ranked_classes(["a", "b", "c"])
        ({'auroc': 1}, {'auroc.a': 0, 'auroc.b': 1, 'auroc.c': 2})
    """
    # Of two classes either curve is the other one's mirror image, with the same area.
    return {"auroc": 1} if len(classes) == 2 else {f"auroc.{name}": number for number, name in enumerate(classes)}


def measure_ranks(units: Units, weights: Floats, classes: Sequence[str]) -> dict[str, Floats]:
    """Give the areas under the ROC curves and the average precision of each class in each resample.

    Args:
        units: What was scored.
        weights: How often each group counts, `(resamples, groups)`.
        classes: Names of the classes.

    Returns:
        `{measure: (resamples,)}`; NaN where only one side is there.
    """
    runs = [sum_runs(units, number, weights) for number in range(len(classes))]
    measures = {name: area_under_roc(*runs[number]) for name, number in ranked_classes(classes).items()}
    return measures | {f"average_precision.{name}": average_precision(*runs[number]) for number, name in enumerate(classes)}
