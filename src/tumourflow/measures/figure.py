"""One figure as it is written down: its interval, of how many units it is, and whether these are few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from tumourflow.measures.intervals import Interval, PatientSums, bootstrap_ratio

SMALL_N = 10
"""Fewer groups of patients than this, and a figure carries `small_n`."""

Figure: TypeAlias = dict[str, float | int | str | bool | None]
Figures: TypeAlias = dict[str, Figure]


def make_figure(interval: Interval, n: int, unit: str, groups: int) -> Figure:
    """Write a figure down.

    Args:
        interval: Its value and interval, NaN where it is not defined.
        n: Number of units that it is of.
        unit: What is counted, in the singular.
        groups: Number of groups of patients that count.

    Returns:
        `value, low, high, n, unit`, with `small_n` where fewer than 10 groups count.
    """
    return {**interval.to_dict(), "n": n, "unit": unit} | ({"small_n": True} if groups < SMALL_N else {})


def figure_ratio(sums: PatientSums, unit: str) -> Figure:
    """Write a ratio of sums down, of as many units as the denominators count.

    Args:
        sums: Numerators and denominators, one of each a patient or group.
        unit: What the denominators count, in the singular.

    Returns:
        What `make_figure` gives.
    """
    return make_figure(bootstrap_ratio(sums), int(sums.denominators.sum()), unit, int((sums.denominators > 0).sum()))


def name_units(figures: Iterable[Mapping[str, Any]]) -> str:
    """Name what the figures of one measure are measured in; empty where they are plain numbers.

    Args:
        figures: Of several splits; those without a value say nothing. Some may be measured in another unit than others.

    Example:
        >>> name_units([{"value": 1.5, "measured_in": "mm"}, {"value": None, "measured_in": "pixel"}]), name_units([{"value": 0.5}])
        ('mm', '')
        >>> name_units([{"value": 4.0, "measured_in": "pixel"}])
        'pixels'
    """
    units = {str(figure["measured_in"]) for figure in figures if "measured_in" in figure and figure.get("value") is not None}
    return " or ".join(sorted("pixels" if unit == "pixel" else unit for unit in units))
