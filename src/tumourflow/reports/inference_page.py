"""The page of an inference: every image with what was found on it, or why nothing was looked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from tumourflow.figures.lettering import count
from tumourflow.reports.findings import STEPS, list_steps, measure_area, measure_diameter, was_segmented
from tumourflow.reports.page import render_page, write_time
from tumourflow.reports.viewers import PICTURES, Patients, ReadImage, ReadMask, choose_shown, make_viewer
from tumourflow.reports.wording import NONE, quantity

ROWS_TOGETHER = 500
"""Rows of a table that a browser lays out at once."""
_TEXTS = ["patient", "reason", "input_kind", "type", *(f"{step}_model" for step in STEPS)]


def render_inference(
    findings: pd.DataFrame,
    read_image: ReadImage,
    read_mask: ReadMask,
    *,
    leaky: Sequence[str] = (),
    made: datetime | None = None,
    pictures: int = PICTURES,
) -> str:
    """Render the report of an inference as one page of HTML that needs nothing else.

    Args:
        findings: One row an image: the table that the inference leaves. A patient's slices stand in their order.
        read_image: Gives an image by its `source`: `(height, width)` or `(height, width, channels)`, any numeric dtype. It is asked for
            the images that are shown, one after the other, and only for those that are `done`.
        read_mask: Gives the mask of an image by its `source`, `(height, width)` booleans, or nothing where there is none.
        leaky: Models that were trained on a split that leaks.
        made: When, now by default.
        pictures: Number of images that are shown.

    Returns:
        The page; above all else it says so where a model's split leaks.
    """
    table = findings.reset_index(drop=True)
    table[_TEXTS] = table[_TEXTS].fillna("").astype(str)
    patients = {str(patient): rows for patient, rows in table[table["status"] == "done"].groupby("patient", sort=False)}
    shown = choose_shown(patients, pictures)
    last = table.groupby("patient")["slice"].max()
    return render_page(
        "inference",
        title="What was found",
        made=write_time(made or datetime.now(UTC)),
        leaky=", ".join(leaky),
        numbers=_count(table, len(patients)),
        steps=list_steps(table),
        patients=[
            make_viewer(patient, patients[patient], places, int(last[patient]) + 1, read_image, read_mask)
            for patient, places in shown.items()
        ],
        unseen=_tell_unseen(patients, shown),
        refused=table.loc[table["status"] != "done", ["source", "status", "reason"]].to_dict("records"),
        rows_together=ROWS_TOGETHER,
        findings=[_list_row(row) for row in table.to_dict("records")],
    )


def _tell_unseen(patients: Patients, shown: dict[str, list[int]]) -> str:
    """Say how much is not shown in pictures; nothing where all is."""
    images = sum(map(len, patients.values())) - sum(map(len, shown.values()))
    if not images:
        return ""
    unseen = len(patients) - len(shown)
    whole = f", those of {count(unseen, 'patient')} among them" if unseen else ""
    return f"A page has room for so many pictures: {count(images, 'image')} stand in the table below without one{whole}."


def _count(table: pd.DataFrame, patients: int) -> list[tuple[str, str]]:
    states = table["status"].value_counts()
    counted = [("images", len(table)), ("patients", patients)]
    counted += [("images with tumour", int((table["area"] > 0).sum()))] if was_segmented(table) else []
    counted += [(state, int(states.get(state, 0))) for state in ("done", "refused", "unreadable")]
    return [(name, f"{number:,}") for name, number in counted]


def _list_row(row: dict[Any, Any]) -> dict[Any, Any]:
    place = quantity(row["slice"] + 1) if row["status"] == "done" else quantity(None)
    if row["area"] > 0:
        return row | {"place": place, "shown_area": measure_area(row), "shown_diameter": measure_diameter(row)}
    looked = row["status"] == "done" and row["segmentation"] == "done"
    return row | {"place": place, "shown_area": "0" if looked else NONE, "shown_diameter": NONE}
