"""The cases on which runs differ most: what each of them drew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from tumourflow.figures.image_panel import show_grey, show_mask_on
from tumourflow.figures.lettering import shorten
from tumourflow.figures.overlays import Example, Panels
from tumourflow.figures.palette import PREDICTION, TRUTH
from tumourflow.figures.panels import label_row, notice, panel_grid
from tumourflow.types import Figure

RUN_COLOURS = (PREDICTION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
"""Colour of each run, in their order; more runs begin anew."""
PATIENTS_SHOWN = 4
ALARMS_SHOWN = 2
_TITLE = "Where the runs differ most"


def run_colour(place: int) -> str:
    """Give the colour of a run by its place, counted from 0."""
    return RUN_COLOURS[place % len(RUN_COLOURS)]


def choose_disagreements(patients: pd.DataFrame, slices: pd.DataFrame) -> list[Example]:
    """Choose the slices to look at: of the patients with tumour in whom runs differ most, and among tumour-free slices.

    Args:
        patients: `patient, spread` and the volume Dice in each run, the largest spread first.
        slices: `case_id, patient, slice, tumour_pixels, spread` and the Dice in each run, the largest spread first.

    Returns:
        Of each of up to four patients the slice in which the numbers of wrong pixels are furthest apart, then up to two tumour-free
        slices; nothing on which the runs are alike.
    """
    runs = [name for name in patients.columns if name not in ("patient", "spread")]
    apart = slices[slices["spread"] > 0]
    examples = []
    for _, patient in patients[patients["spread"] > 0].head(PATIENTS_SHOWN).iterrows():
        of_patient = apart[apart["patient"] == patient["patient"]]
        if len(of_patient):
            told = ", ".join(f"{float(patient[run]):.2f}" for run in runs)
            examples.append(_example(of_patient.iloc[0], f"volume Dice {told}"))
    alarms = apart[apart["tumour_pixels"] == 0].head(ALARMS_SHOWN)
    shown = {example.case_id for example in examples}
    return examples + [_example(row, "no tumour here") for _, row in alarms.iterrows() if str(row["case_id"]) not in shown]


def draw_disagreements(
    examples: Sequence[Example], slices: pd.DataFrame, readers: Mapping[str, Callable[[str], Panels]], patients: int
) -> Figure:
    """Draw image, truth and what each run drew of some slices, each outlined on the image.

    Args:
        examples: The slices.
        slices: `case_id` and the Dice in each run.
        readers: Of each run, in order, what reads its panels of a case.
        patients: Number of patients on whom the runs were compared.
    """
    if not examples:
        return notice(_TITLE, f"The runs drew masks of the same quality on all slices of the {patients} shared test patients.")
    title = f"{_TITLE}: {len(examples)} slices of the shared test patients (n = {patients})"
    figure, axes = panel_grid(len(examples), 2 + len(readers), title, margin=2.2)
    dices = {run: dict(zip(slices["case_id"], slices[run].astype(float), strict=True)) for run in readers}
    axes[0, 0].set_title("image", fontsize=10)
    axes[0, 1].set_title("truth", fontsize=10, color=TRUTH)
    for height, (row, example) in enumerate(zip(axes, examples, strict=True)):
        label_row(row[0], example.label)
        for place, (name, read) in enumerate(readers.items()):
            panels, panel = read(example.case_id), row[2 + place]
            if place == 0:
                show_grey(row[0], panels.picture)
                show_mask_on(row[1], panels.picture, panels.truth, TRUTH)
            show_mask_on(panel, panels.picture, panels.prediction, run_colour(place))
            head = "" if height else f"{shorten(name)}\n"
            panel.set_title(f"{head}Dice {dices[name][example.case_id]:.2f}", fontsize=9, color=run_colour(place))
    return figure


def _example(row: pd.Series, told: str) -> Example:
    return Example(str(row["case_id"]), f"{row['patient']}\nslice {row['slice']}\n{told}\n{row['spread']:,} wrong pixels apart")
