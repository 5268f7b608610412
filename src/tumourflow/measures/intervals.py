"""How sure a figure is: intervals from resampling patients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tumourflow.measures.resampling import draw_patients, draw_weights

Floats = npt.NDArray[np.float64]


class PatientSums(NamedTuple):
    """What each patient adds to a ratio of sums; a mean over slices is such a ratio, and so is a mean over patients.

    Attributes:
        numerators: One number a patient.
        denominators: One number a patient; a patient with 0 adds nothing and is not resampled.
    """

    numerators: Floats
    denominators: Floats


class Interval(NamedTuple):
    """A figure and its 95 % interval.

    Attributes:
        value: The figure on the patients there are.
        low: 2.5th percentile over the resamples.
        high: 97.5th percentile over the resamples.
    """

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """Write the numbers down as JSON can hold them.

        Example:
            >>> Interval(0.5, 0.25, float("nan")).to_dict()
            {'value': 0.5, 'low': 0.25, 'high': None}
        """
        return {name: as_json(number) for name, number in self._asdict().items()}


def bootstrap_ratio(sums: PatientSums) -> Interval:
    """Give the ratio of sums over patients with a 95 % percentile bootstrap over patients.

    Args:
        sums: Numerators and denominators, one of each a patient.

    Returns:
        The interval; all NaN when no patient has a denominator.

    Reference:
        Efron and Tibshirani 1986, doi:10.1214/ss/1177013815.

    Example:
        >>> bootstrap_ratio(PatientSums(np.array([1.0, 1.0]), np.array([2.0, 2.0])))
        Interval(value=0.5, low=0.5, high=0.5)
    """
    counted = sums.denominators > 0
    above, below = sums.numerators[counted], sums.denominators[counted]
    return _bootstrap(len(above), lambda draw: above[draw].sum(axis=-1) / below[draw].sum(axis=-1))


def bootstrap_median(values: Floats, groups: npt.NDArray[np.integer[Any]]) -> Interval:
    """Give the median over patients with a 95 % percentile bootstrap over groups of patients.

    Args:
        values: One number a patient.
        groups: Number of each patient's group, counted from 0; none is left out.

    Returns:
        The interval; all NaN when there is no number.

    Example:
        >>> bootstrap_median(np.array([3.0, 3.0]), np.array([0, 1]))
        Interval(value=3.0, low=3.0, high=3.0)
    """
    if not values.size:
        return Interval(np.nan, np.nan, np.nan)
    order = np.argsort(values, kind="stable")
    ranked, of_group = values[order], groups[order]
    resampled = [_weighted_median(ranked, weights[:, of_group]) for weights in draw_weights(int(groups.max()) + 1)]
    return percentile_interval(float(np.median(values)), np.concatenate(resampled))


def paired_difference(first: PatientSums, second: PatientSums) -> dict[str, float | None]:
    """Compare two models on the same patients: each resample holds the same patients for both.

    Args:
        first: Sums of the first model.
        second: Sums of the second model, patients in the same order.

    Returns:
        `difference` (first minus second), `low`, `high`; null where either is not defined. One model is better only when the
        interval leaves 0 out.

    Raises:
        ValueError: If the numbers of patients differ.

    Example:
        >>> one, other = np.array([0.8, 0.6]), np.array([0.7, 0.5])
        >>> found = paired_difference(PatientSums(one, np.ones(2)), PatientSums(other, np.ones(2)))
        >>> [round(number, 6) for number in found.values()]
        [0.1, 0.1, 0.1]
    """
    if len(first.numerators) != len(second.numerators):
        msg = f"Both models need the same patients. Received: {len(first.numerators)} and {len(second.numerators)}."
        raise ValueError(msg)
    counted = (first.denominators > 0) | (second.denominators > 0)
    columns = [np.asarray(each, np.float64)[counted] for each in (*first, *second)]
    interval = _bootstrap(int(counted.sum()), lambda draw: _difference(*(column[draw].sum(axis=-1) for column in columns)))
    return {"difference": as_json(interval.value), "low": as_json(interval.low), "high": as_json(interval.high)}


def percentile_interval(value: float, resampled: Floats) -> Interval:
    """Give the middle 95 % of a figure's resamples; those in which it is not defined are left out.

    Args:
        value: The figure on the patients there are.
        resampled: The figure in each resample, NaN where none of the patients on whom it is defined was drawn.

    Returns:
        The interval; without low and high (NaN) where no resample defines the figure.

    Example:
        >>> percentile_interval(0.5, np.array([0.0, np.nan, 1.0]))
        Interval(value=0.5, low=0.025, high=0.975)
    """
    known = resampled[np.isfinite(resampled)]
    if not known.size:
        return Interval(value, np.nan, np.nan)
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def as_json(number: float) -> float | None:
    """Give a number as JSON can hold it: what is not finite becomes null.

    Example:
        >>> as_json(0.5), as_json(float("nan"))
        (0.5, None)
    """
    return float(number) if np.isfinite(number) else None


def _weighted_median(ranked: Floats, weights: Floats) -> Floats:
    # Each number as often as its weight says: the mean of the two in the middle, which are one where they are odd.
    reached = weights.cumsum(axis=1)
    middle = (reached[:, -1:] - 1) / 2
    lower, upper = ((reached > place).argmax(axis=1) for place in (np.floor(middle), np.ceil(middle)))
    return np.asarray((ranked[lower] + ranked[upper]) / 2, np.float64)


def _difference(above: Floats, below: Floats, other_above: Floats, other_below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return above / below - other_above / other_below


def _bootstrap(patients: int, figure: Callable[[npt.NDArray[np.int64]], Floats]) -> Interval:
    if patients == 0:
        return Interval(np.nan, np.nan, np.nan)
    value = float(figure(np.arange(patients)))
    return percentile_interval(value, np.concatenate([figure(draw) for draw in draw_patients(patients)]))
