"""What is told of an image: one row of the table of findings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import cv2
import numpy as np
import pandas as pd

from tumourflow.errors import UserError
from tumourflow.radiomics.shape import measure_shape
from tumourflow.types import Float32, Mask

DONE, NO_MODEL, NONE_TO_DO = "done", "no model", "none to do"
"""What became of a step."""

TEXTS = (
    *("source", "patient", "status", "reason", "modality", "input_kind", "detection", "segmentation", "typing", "type"),
    *("router_model", "detection_model", "segmentation_model", "typing_model", "mask"),
)
COUNTS = ("slice", "height", "width", "area", "lesions")
COLUMNS = (
    *("source", "patient", "slice", "status", "reason", "modality", "input_kind", "height", "width", "row_spacing", "column_spacing"),
    *("detection", "segmentation", "typing", "tumour_probability", "area", "area_mm2", "diameter", "diameter_mm"),
    *("centre_row", "centre_column", "lesions", "probability", "confidence", "uncertainty", "type", "type_probability"),
    *("router_model", "detection_model", "segmentation_model", "typing_model", "mask"),
)
"""Columns of the table, in this order; numbers that are not known are NaN, counts 0."""

Row = dict[str, Any]


def blank_row(source: str, patient: str, **known: Any) -> Row:
    """Begin a row: nothing is done and nothing is known.

    Args:
        source: Path of the image relative to the input.
        patient: Whose it is.
        **known: Columns that are known already.

    Returns:
        All columns but what `tabulate` can fill in.
    """
    steps = dict.fromkeys(("detection", "segmentation", "typing"), NONE_TO_DO)
    return {"source": source, "patient": patient, "reason": "", **steps, **known}


def measure_mask(mask: Mask, probability: Float32, spacing: tuple[float, float] | None) -> Row:
    """Measure what was segmented on an image.

    Args:
        mask: `(height, width)` booleans.
        probability: `(height, width)`, 0..1.
        spacing: Height and width of a pixel in millimetres, where known.

    Returns:
        `area`, `diameter` (the largest, between corners of pixels, of the largest lesion), `centre_row` and `centre_column` (of all
        lesions, counted from 0), number of `lesions` (components that touch nowhere, not even in a corner) and `probability` (its mean in
        the mask); `area_mm2` and `diameter_mm` where pixels have a size. An empty mask has area and lesions 0, and nothing else.

    Example:
        >>> found = measure_mask(np.ones((2, 4), bool), np.full((2, 4), 0.75, np.float32), (0.5, 0.5))
        >>> found["area"], found["area_mm2"], found["lesions"], found["centre_row"], found["probability"]
        (8, 2.0, 1, 0.5, 0.75)
    """
    if not mask.any():
        return {"area": 0, "lesions": 0}
    largest, lesions = _largest_lesion(mask)
    rows, columns = np.nonzero(mask)
    found = {
        "area": len(rows),
        "diameter": measure_shape(largest)["maximum_diameter"],
        "centre_row": float(rows.mean()),
        "centre_column": float(columns.mean()),
        "lesions": lesions,
        "probability": float(probability[mask].mean(dtype=np.float64)),
    }
    if spacing is None:
        return found
    shown = measure_shape(largest, spacing)
    return found | {"area_mm2": len(rows) * spacing[0] * spacing[1], "diameter_mm": shown["maximum_diameter"]}


def tabulate(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make the table of findings of its rows.

    Args:
        rows: What is known of each image; other columns are empty.

    Returns:
        `COLUMNS`, one row an image.
    """
    table = pd.DataFrame([dict(row) for row in rows]).reindex(columns=pd.Index(COLUMNS))
    texts = {name: table[name].astype(object).where(table[name].notna(), "").astype(str) for name in TEXTS}
    counts = {name: table[name].fillna(0).astype(np.int64) for name in COUNTS}
    numbers = {name: table[name].astype(np.float64) for name in COLUMNS if name not in (*TEXTS, *COUNTS)}
    return table.assign(**texts, **counts, **numbers)


def count_findings(findings: pd.DataFrame) -> dict[str, Any]:
    """Count what became of the images.

    Args:
        findings: The table.

    Returns:
        Numbers of `images`, of those `done`, `refused` and `unreadable`, of `patients` and of images `with_tumour` (a mask that is not
        empty, null where nothing was segmented) among those that are done; and `models`: by step, how many images each has seen.
    """
    done = findings[findings["status"] == DONE]
    counts = {status: int((findings["status"] == status).sum()) for status in (DONE, "refused", "unreadable")}
    models = {
        step: {
            str(name): int(number) for name, number in findings.loc[findings[f"{step}_model"] != "", f"{step}_model"].value_counts().items()
        }
        for step in ("router", "detection", "segmentation", "typing")
    }
    return counts | {
        "images": len(findings),
        "patients": int(done["patient"].nunique()),
        "with_tumour": int((done["area"] > 0).sum()) if (done["segmentation"] == DONE).any() else None,
        "models": models,
    }


def require_readable(findings: pd.DataFrame, name: str) -> None:
    """Refuse an input of which nothing could be read.

    Args:
        findings: The table.
        name: Of the input.

    Raises:
        UserError: Naming some of the reasons.
    """
    if (findings["status"] == "unreadable").all():
        reasons = "; ".join(reason.rstrip(".") for reason in findings["reason"].drop_duplicates().head(3))
        msg = f"`input` holds nothing that can be read: {name} has {len(findings)} files, and none is an image ({reasons})."
        raise UserError(msg)


def describe_spacing(spacing: tuple[float, float] | None) -> Row:
    """Give the size of a pixel its columns."""
    height, width = spacing or (math.nan, math.nan)
    return {"row_spacing": height, "column_spacing": width}


def _largest_lesion(mask: Mask) -> tuple[Mask, int]:
    number, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return np.asarray(labels == largest), number - 1
