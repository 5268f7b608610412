"""Figures with their intervals, as tables of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tumourflow.measures.figure import name_units
from tumourflow.reports.wording import NONE, count, share

Metrics = Mapping[str, Any]
"""`{split: {measure: {value, low, high, n, unit}}}`, and beside the splits `leaky`, `protocol`, `note`, ..."""

SPLITS = ("cross_validated", "test", "validation", "train")
"""Columns of the table, those whose figures tell most first."""
HEADLINES = ("volume_dice", "tumour_slice_dice", "empty_slice_specificity", "auroc", "accuracy", "balanced_accuracy", "brier")
"""What is told first, of those that there are."""
BY_GROUP = ("volume_dice", "tumour_slice_dice", "slice_sensitivity", "accuracy", "balanced_accuracy")
"""What is told of patients by site and by size of tumour, of those that there are."""
NAMES: Mapping[str, str] = {
    "volume_dice": "Volume Dice of a patient's tumour",
    "volume_iou": "Volume IoU of a patient's tumour",
    "empty_patient_specificity": "Patients without tumour left empty",
    "volume_surface_dice": "Outlines within 2 pixels",
    "tumour_slice_dice": "Dice of slices with tumour",
    "tumour_slice_iou": "IoU of slices with tumour",
    "all_slice_dice": "Dice of all slices (inflated)",
    "slice_sensitivity": "Slices with tumour that were hit",
    "empty_slice_specificity": "Slices without tumour left empty",
    "slice_hd95": "Distance of the outlines (95 %)",
    "soft_dice_loss": "Soft Dice loss",
    "cross_entropy": "Cross-entropy",
    "pooled_dice": "Dice of all pixels together",
    "lesion_recall": "Lesions that were found",
    "lesion_precision": "Findings that are lesions",
    "area_error": "Error of the tumour's size, share of it (median)",
    "auroc": "AUROC",
    "ece": "Calibration error (ECE)",
    "brier": "Brier score",
    "macro_f1": "F1, mean of the classes",
}
"""What a person reads; a measure without a name of its own is told by its words."""


@dataclass(frozen=True)
class Cell:
    """A figure in a table.

    Attributes:
        value: As text.
        interval: As text, empty where there is no value.
        counted: How many were counted.
        few: Whether so few that the interval says little.
        spread: How far the value moves between seeds, as text; empty where there is one seed.
    """

    value: str
    interval: str
    counted: str
    few: bool
    spread: str = ""


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


def name_measure(name: str) -> str:
    """Name a measure as a person reads it.

    Example:
        >>> name_measure("volume_surface_dice"), name_measure("patient_recall.glioma"), name_measure("auroc.glioma")
        ('Outlines within 2 pixels', 'Recall: glioma, per patient', 'AUROC: glioma')
    """
    if name.startswith("patient_"):
        return f"{name_measure(name.removeprefix('patient_'))}, per patient"
    measure, _, of = name.partition(".")
    text = NAMES.get(measure) or measure.replace("_", " ").capitalize()
    return f"{text}: {of}" if of else text


def write_figure(figure: Mapping[str, Any] | None) -> Cell:
    """Write a figure with its interval and what it is a figure of.

    Example:
        >>> write_figure({"value": 0.8, "low": 0.71, "high": 0.86, "n": 12, "unit": "patient"})
        Cell(value='0.80', interval='0.71 to 0.86', counted='12 patients', few=False, spread='')
    """
    if not figure or figure.get("value") is None:
        return Cell(NONE, "", "", few=False)
    low, high, unit = figure.get("low"), figure.get("high"), str(figure.get("unit", "patient"))
    interval = "" if low is None or high is None else f"{share(low)} to {share(high)}"
    return Cell(share(figure["value"]), interval, count(int(figure["n"]), unit), bool(figure.get("small_n")))


def write_spread(spread: Mapping[str, Any]) -> str:
    """Write how far a figure moves from one seed to the next.

    Example:
        >>> write_spread({"values": [0.8, 0.82, 0.84], "standard_deviation": 0.02})
        '± 0.020 between 3 seeds'
    """
    return f"± {share(spread['standard_deviation'], 3)} between {count(len(spread['values']), 'seed')}"
