"""The table of findings, as a page tells it: by slice, by patient and by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.figures.lettering import count
from tumourflow.reports.wording import quantity, share

Finding = Mapping[str, Any]
"""A row of the table of findings."""
Facts = list[tuple[str, str]]

STEPS = {"router": "Which kind of image?", "detection": "Is there a tumour?", "segmentation": "Where is it?", "typing": "Of which type?"}
"""The steps of an inference, and what each asks."""
STATES = ("done", "none to do", "no model")
"""What may have become of a step."""


def tell_finding(row: Finding) -> str:
    """Say in a few words what was found on a slice.

    Example:
        >>> tell_finding({"status": "done", "segmentation": "done", "area": 120.0, "area_mm2": float("nan")})
        'tumour of 120 pixels'
    """
    if row["status"] != "done":
        return str(row["status"])
    if row["segmentation"] == "no model":
        return "not segmented, for there is no model"
    return f"tumour of {measure_area(row)}" if row["area"] > 0 else "no tumour found"


def measure_area(row: Finding) -> str:
    """Write an area in mm² where the size of a pixel is known, else in pixels."""
    return quantity(row["area_mm2"], "mm²") if pd.notna(row["area_mm2"]) else quantity(row["area"], "pixels")


def measure_diameter(row: Finding) -> str:
    """Write a diameter in mm where the size of a pixel is known, else in pixels."""
    return quantity(row["diameter_mm"], "mm", 1) if pd.notna(row["diameter_mm"]) else quantity(row["diameter"], "pixels", 1)


def list_facts(row: Finding) -> Facts:
    """List what is known of a slice as pairs of a name and a value; what is not known is left out."""
    facts = [("Image", str(row["source"])), ("Kind", str(row["input_kind"])), ("Tumour probability", share(row["tumour_probability"]))]
    if row["area"] > 0:
        pixels = quantity(row["area"], "pixels")
        facts += [
            ("Area", pixels if pd.isna(row["area_mm2"]) else f"{measure_area(row)} ({pixels})"),
            ("Largest diameter", measure_diameter(row)),
            ("Centre", f"row {quantity(row['centre_row'])}, column {quantity(row['centre_column'])}"),
            ("Lesions", quantity(row["lesions"])),
            ("Mean probability", share(row["probability"])),
            ("Confidence", share(row["confidence"])),
            ("Uncertainty", share(row["uncertainty"], 3)),
        ]
    if row["type"]:
        facts.append(("Type", f"{row['type']} ({share(row['type_probability'])})"))
    facts.append(("Note", str(row["reason"])))
    return [(name, value) for name, value in facts if value not in ("", "–")]


def tell_patient(rows: pd.DataFrame) -> Facts:
    """Sum up the slices of a patient: how many of them with tumour, where any was segmented, the largest, the most probable type."""
    found = rows[rows["area"] > 0]
    facts = [("Slices with tumour", f"{len(found):,} of {len(rows):,}")] if was_segmented(rows) else []
    if len(found):
        largest = {str(name): value for name, value in found.sort_values("area").iloc[-1].items()}
        facts += [("Largest area", measure_area(largest)), ("Largest diameter", measure_diameter(largest))]
    if len(typed := rows[rows["type"] != ""]):
        surest = typed.sort_values("type_probability", na_position="first").iloc[-1]
        facts.append(("Type", f"{surest['type']} ({share(surest['type_probability'])})"))
    return facts


def was_segmented(rows: pd.DataFrame) -> bool:
    """Tell whether any image was segmented: else nobody knows how many have a tumour."""
    return bool((rows["segmentation"] == "done").any())


def list_steps(findings: pd.DataFrame) -> list[tuple[str, ...]]:
    """Tell of each step its question, which models answered, and on how many images it was in each of `STATES`."""
    done = findings[findings["status"] == "done"]
    steps = []
    for step, question in STEPS.items():
        # The router's answer has no column of its own; it refuses images, too.
        states = done[step] if step in done else pd.Series("done", findings.index[findings[f"{step}_model"] != ""])
        models = findings.loc[states.index[states == "done"], f"{step}_model"].replace("", "unnamed").value_counts(sort=False)
        named = ", ".join(f"{name} ({count(int(number), 'image')})" for name, number in models.items()) or "none"
        steps.append((question, named, *(f"{int((states == state).sum()):,}" for state in STATES)))
    return steps
