"""All measures of a classifier on the same resamples of groups, and what is written of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tumourflow.measures.calibration import measure_calibration
from tumourflow.measures.class_ranks import measure_ranks, ranked_classes
from tumourflow.measures.class_shares import measure_shares
from tumourflow.measures.class_units import Units
from tumourflow.measures.figure import Figure, Figures, make_figure
from tumourflow.measures.intervals import Floats, Interval, percentile_interval
from tumourflow.measures.resampling import draw_weights

_NUMBERS_AT_ONCE = 2**18


def name_measures(classes: Sequence[str]) -> list[str]:
    """Name all measures, in the order in which they are reported.

    Example:
        >>> name_measures(["no", "yes"])[3:8]
        ['recall.no', 'recall.yes', 'precision.no', 'precision.yes', 'auroc']
    """
    of_class = {kind: [f"{kind}.{name}" for name in classes] for kind in ("recall", "precision", "average_precision")}
    means = ["accuracy", "balanced_accuracy", "macro_f1"]
    return [*means, *of_class["recall"], *of_class["precision"], *ranked_classes(classes), *of_class["average_precision"], "brier", "ece"]


def measure_classes(units: Units, weights: Floats, classes: Sequence[str]) -> dict[str, Floats]:
    """Give every measure, and F1 of each class, in each resample.

    Args:
        units: What was scored, at least one.
        weights: How often each group counts, `(resamples, groups)`; a row of ones gives the figures themselves.
        classes: Names of the classes.

    Returns:
        `{measure: (resamples,)}`, NaN where a measure is not defined.
    """
    return measure_shares(units, weights, classes) | measure_ranks(units, weights, classes) | measure_calibration(units, weights)


def measure_class(units: Units, weights: Floats, classes: Sequence[str], measure: str) -> Floats:
    """Give one measure in each resample, without what the others would cost.

    Args:
        units: What was scored, at least one.
        weights: How often each group counts, `(resamples, groups)`.
        classes: Names of the classes.
        measure: One of `name_measures`.

    Returns:
        `(resamples,)`, NaN where it is not defined.
    """
    if measure.startswith(("auroc", "average_precision")):
        return measure_ranks(units, weights, classes)[measure]
    if measure in {"brier", "ece"}:
        return measure_calibration(units, weights)[measure]
    return measure_shares(units, weights, classes)[measure]


def weigh_groups(units: Units) -> Iterator[Floats]:
    """Weigh the groups, first each once and then as in the 2,000 resamples, so many at a time that memory stays bounded.

    Args:
        units: What was scored, at least one.

    Yields:
        How often each group counts, `(resamples, groups)`; the first has one row.
    """
    yield np.ones((1, units.drawn))
    yield from draw_weights(units.drawn, max(_NUMBERS_AT_ONCE // len(units), 1))


def resample_classes(units: Units, classes: Sequence[str]) -> dict[str, Interval]:
    """Give every measure, and F1 of each class, with a 95 % percentile bootstrap over groups.

    Args:
        units: What was scored.
        classes: Names of the classes.

    Returns:
        `{measure: interval}`, NaN where it is not defined; empty where nothing was scored.
    """
    if not len(units):
        return {}
    there, *blocks = [measure_classes(units, weights, classes) for weights in weigh_groups(units)]
    return {name: percentile_interval(float(value[0]), np.concatenate([each[name] for each in blocks])) for name, value in there.items()}


def figure_classes(units: Units, classes: Sequence[str], unit: str) -> Figures:
    """Write down every measure.

    Args:
        units: What was scored.
        classes: Names of the classes.
        unit: What a unit is, `image` or `patient`.

    Returns:
        `{measure: {value, low, high, n, unit}}`, with `small_n` where fewer than 10 groups count; null with n 0 where it is not defined.
    """
    intervals = resample_classes(units, classes)
    nothing = Interval(np.nan, np.nan, np.nan)
    counted = {name: _find_counted(units, classes, name) for name in name_measures(classes)}
    return {name: _write_down(intervals.get(name, nothing), units.groups[inside], unit) for name, inside in counted.items()}


def _find_counted(units: Units, classes: Sequence[str], measure: str) -> npt.NDArray[np.bool_]:
    kind, _, name = measure.partition(".")
    if kind == "recall":
        return np.asarray(units.labels == list(classes).index(name))
    if kind == "precision":
        return np.asarray(units.predicted == list(classes).index(name))
    return np.ones(len(units), dtype=bool)


def _write_down(interval: Interval, groups: npt.NDArray[np.int64], unit: str) -> Figure:
    # A figure that is not defined is of nobody.
    counted = groups if np.isfinite(interval.value) else groups[:0]
    return make_figure(interval, len(counted), unit, len(np.unique(counted)))
