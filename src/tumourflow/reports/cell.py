"""One figure in a cell of a table: what the measure is called, its value, its interval and its spread as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tumourflow.figures.lettering import count
from tumourflow.reports.wording import NONE, share

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
