"""Figures with their intervals, as tables of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tumourflow.measures.figure import name_units
from tumourflow.reports.cell import Cell, name_measure, write_figure, write_spread
from tumourflow.reports.wording import NONE

Metrics = Mapping[str, Any]
"""`{split: {measure: {value, low, high, n, unit}}}`, and beside the splits `leaky`, `protocol`, `note`, ..."""

SPLITS = ("cross_validated", "test", "validation", "train")
"""Columns of the table, those whose figures tell most first."""
HEADLINES = ("volume_dice", "tumour_slice_dice", "empty_slice_specificity", "auroc", "accuracy", "balanced_accuracy", "brier")
"""What is told first, of those that there are."""
BY_GROUP = ("volume_dice", "tumour_slice_dice", "slice_sensitivity", "accuracy", "balanced_accuracy")
"""What is told of patients by site and by size of tumour, of those that there are."""


@dataclass(frozen=True)
class Table:
    """Figures of groups of patients.

    Attributes:
        measures: Names of the columns.
        rows: Name of the group and its figures.
    """

    measures: list[str]
    rows: list[tuple[str, list[Cell]]]


def list_splits(metrics: Metrics) -> list[str]:
    """Name the splits of which there are figures.

    Example:
        >>> list_splits({"train": {}, "test": {"volume_dice": {"n": 3}}, "leaky": True})
        ['test']
    """
    return [split for split in SPLITS if metrics.get(split)]


def tabulate_metrics(metrics: Metrics) -> list[tuple[str, list[Cell]]]:
    """Give each measure a row, and each split of `list_splits` a cell in it; measures that nobody could take are left out."""
    splits = list_splits(metrics)
    names = dict.fromkeys(name for split in splits for name in metrics[split])
    rows = [(_name_with_unit(metrics, splits, name), [_write_with_spread(metrics, split, name) for split in splits]) for name in names]
    calibrated = metrics.get("calibrated", {})
    for name in dict.fromkeys(name for split in splits for name in calibrated.get(split, {})):
        rows.append((f"{name_measure(name)}, calibrated", [write_figure(calibrated.get(split, {}).get(name)) for split in splits]))
    return [row for row in rows if any(cell.value != NONE for cell in row[1])]


def tell_headlines(metrics: Metrics) -> list[tuple[str, Cell]]:
    """Choose what is told first: a few measures of the split whose figures tell most."""
    split = next(iter(list_splits(metrics)), "")
    told = [name for name in HEADLINES if name in metrics.get(split, {})]
    cells = [(f"{name_measure(name)}, {split.replace('_', '-')}", _write_with_spread(metrics, split, name)) for name in told]
    return [pair for pair in cells if pair[1].value != NONE][:3]


def tabulate_covered(metrics: Metrics) -> list[tuple[str, Cell, Cell]]:
    """Give each measure that was taken with annotations covered its figure, and the difference to the images as they are.

    Example:
        >>> figure = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 34, "unit": "image"}
        >>> figure |= {"difference": -0.25, "difference_low": -0.5, "difference_high": 0.0}
        >>> [(name, cell.value, change.value, change.interval) for name, cell, change in tabulate_covered({"covered": {"brier": figure}})]
        [('Brier score', '0.50', '−0.25', '−0.50 to 0.00')]
    """
    measured = {name: figure for name, figure in metrics.get("covered", {}).items() if isinstance(figure, Mapping)}
    known = {name: figure for name, figure in measured.items() if figure["difference"] is not None}
    return [(name_measure(name), write_figure(figure), write_figure(_as_change(figure))) for name, figure in known.items()]


def _as_change(figure: Mapping[str, Any]) -> dict[str, Any]:
    change = {"value": "difference", "low": "difference_low", "high": "difference_high"}
    return {**figure, **{name: figure[of] for name, of in change.items()}}


def tabulate_groups(groups: Metrics) -> tuple[str, dict[str, Table]]:
    """Give each group of patients a row of figures.

    Args:
        groups: `{split: {grouping: {group: {measure: {...}}}}}`.

    Returns:
        The split whose figures tell most; a table by grouping, but of sites where none is known. Empty where there are none.
    """
    for split in SPLITS:
        tables = {grouping: _tabulate(told) for grouping, told in (groups.get(split) or {}).items() if set(told) - {"unknown"}}
        if any(table.measures for table in tables.values()):
            return split, tables
    return "", {}


def name_untrained(groups: Metrics, judging: str) -> list[str]:
    """Name the sites of which patients judge, but none trained.

    Example:
        >>> name_untrained({"train": {"site": {"CS": {}}}, "test": {"site": {"CS": {}, "EZ": {}}}}, "test")
        ['EZ']
    """
    sites = {split: set((groups.get(split) or {}).get("site", {})) for split in ("train", judging)}
    return sorted(sites[judging] - sites["train"])


def _tabulate(told: Metrics) -> Table:
    names = [name for name in BY_GROUP if any((figures.get(name) or {}).get("value") is not None for figures in told.values())]
    rows = [(group, [write_figure(figures.get(name)) for name in names]) for group, figures in told.items()]
    return Table([name_measure(name) for name in names], rows)


def _name_with_unit(metrics: Metrics, splits: Sequence[str], name: str) -> str:
    unit = name_units(metrics[split].get(name) or {} for split in splits)
    return ", ".join(filter(None, (name_measure(name), unit)))


def _write_with_spread(metrics: Metrics, split: str, name: str) -> Cell:
    cell, spread = write_figure(metrics[split].get(name)), metrics.get("between_seeds", {}).get(split, {}).get(name)
    return replace(cell, spread=write_spread(spread)) if spread else cell
