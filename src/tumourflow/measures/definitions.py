"""The table of measures: what each adds to which unit of averaging."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from tumourflow.measures.overlap import (
    Ratios,
    area_error,
    dice_with_empties,
    divide,
    has_tumour,
    hit,
    left_empty,
    only_where,
    tumour_dice,
    tumour_iou,
)

Table = pd.DataFrame
Measure = Callable[[Table], Ratios]

SUMMED = ["tp", "fp", "fn", "tn", "surface_within", "surface_length", "lesions", "lesions_found", "findings", "findings_confirmed"]
"""Columns that are summed over a patient's slices."""


class PooledMeasure(NamedTuple):
    """A ratio of sums over all patients.

    Attributes:
        unit: What is counted.
        numerator: Per patient.
        denominator: Per patient.
        units: Number of units, per patient.
    """

    unit: str
    numerator: Measure
    denominator: Measure
    units: Measure


def _column(name: str) -> Measure:
    return lambda table: table[name].to_numpy(float)


# Means over patients, from counts summed over a patient's slices; NaN where a patient does not count.
PATIENT_MEASURES: dict[str, Measure] = {
    "volume_dice": lambda patients: tumour_dice(patients["tp"], patients["fp"], patients["fn"]),
    "volume_iou": lambda patients: tumour_iou(patients["tp"], patients["fp"], patients["fn"]),
    "empty_patient_specificity": lambda patients: left_empty(patients["tp"], patients["fp"], patients["fn"]),
    "volume_surface_dice": lambda patients: only_where(
        has_tumour(patients["tp"], patients["fn"]), divide(patients["surface_within"], patients["surface_length"])
    ),
}

# Means over slices; NaN where a slice does not count.
SLICE_MEASURES: dict[str, Measure] = {
    "tumour_slice_dice": lambda slices: tumour_dice(slices["tp"], slices["fp"], slices["fn"]),
    "tumour_slice_iou": lambda slices: tumour_iou(slices["tp"], slices["fp"], slices["fn"]),
    "all_slice_dice": lambda slices: dice_with_empties(slices["tp"], slices["fp"], slices["fn"]),
    "slice_sensitivity": lambda slices: hit(slices["tp"], slices["fn"]),
    "empty_slice_specificity": lambda slices: left_empty(slices["tp"], slices["fp"], slices["fn"]),
    "slice_hd95": lambda slices: slices[_distance_column(slices)].to_numpy(float),
    "soft_dice_loss": _column("soft_dice_loss"),
    "cross_entropy": _column("cross_entropy"),
}

POOLED_MEASURES: dict[str, PooledMeasure] = {
    "pooled_dice": PooledMeasure(
        "pixel",
        lambda patients: 2.0 * patients["tp"].to_numpy(float),
        lambda patients: (2 * patients["tp"] + patients["fp"] + patients["fn"]).to_numpy(float),
        lambda patients: patients[["tp", "fp", "fn", "tn"]].sum(axis=1).to_numpy(float),
    ),
    "lesion_recall": PooledMeasure("lesion", _column("lesions_found"), _column("lesions"), _column("lesions")),
    "lesion_precision": PooledMeasure("lesion", _column("findings_confirmed"), _column("findings"), _column("findings")),
}

# Medians over patients, with quartiles.
MEDIAN_MEASURES: dict[str, Measure] = {
    "area_error": lambda patients: area_error(patients["tp"], patients["fp"], patients["fn"]),
}


def agree_on_units(tables: Sequence[Table]) -> list[Table]:
    """Have the figures of tables that stand beside one another, or are averaged, in one unit.

    Args:
        tables: Rows of `case_scores`.

    Returns:
        The tables, all without their millimetres where one of them has a distance that is known in pixels alone.
    """
    if not any(map(_lack_millimetres, tables)):
        return list(tables)
    return [table.drop(columns="hd95_mm", errors="ignore") for table in tables]


def tell_units(slices: Table, figures: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Add to figures that are not plain numbers what they are `measured_in`.

    Args:
        slices: Rows of `case_scores`, of which the figures are.
        figures: By the name of the measure.
    """
    units = {"slice_hd95": "mm" if _distance_column(slices) == "hd95_mm" else "pixel"}
    return {name: {**figure, **({"measured_in": units[name]} if name in units else {})} for name, figure in figures.items()}


def _distance_column(slices: Table) -> str:
    return "hd95_mm" if slices["hd95"].notna().any() and not _lack_millimetres(slices) else "hd95"


def _lack_millimetres(slices: Table) -> bool:
    # Millimetres and pixels have no common mean. Folds that were scored before distances were measured in millimetres lack the column.
    measured = slices["hd95"].notna()
    return bool(measured.any()) and ("hd95_mm" not in slices or bool(slices.loc[measured, "hd95_mm"].isna().any()))
