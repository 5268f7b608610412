"""Patients whose slices a person looks through on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from tumourflow.reports.findings import Facts, list_facts, tell_finding, tell_patient
from tumourflow.reports.pictures import Picture, make_picture
from tumourflow.reports.wording import begin
from tumourflow.types import Mask, Pixels

PICTURES = 300
"""Images that are shown on a page, which so stays below some 5 MB; all others stand in its table."""
SLICES_SHOWN = 48
"""Of a patient."""
_PROFILE_HEIGHT = 20

ReadImage = Callable[[str], Pixels]
ReadMask = Callable[[str], Mask | None]
Patients = Mapping[str, pd.DataFrame]
"""The findings of each patient, one row a slice, in order."""


@dataclass(frozen=True)
class Shown:
    """A slice as it is shown.

    Attributes:
        told: What was found, in a sentence.
        facts: What is known of it.
        picture: The image and its outline.
    """

    told: str
    facts: Facts
    picture: Picture


@dataclass(frozen=True)
class Viewer:
    """A patient as a page shows them.

    Attributes:
        name: The patient.
        summary: Of all slices; empty where there is only one.
        slices: Those that are shown, in order.
        first: Place of the slice that is seen at first: the one with the largest tumour, else the middle one.
        profile: Height of a bar for each slice, 0..20, as its tumour is large.
    """

    name: str
    summary: str
    slices: list[Shown]
    first: int
    profile: list[float]


def choose_shown(patients: Patients, pictures: int) -> dict[str, list[int]]:
    """Choose whose pictures are shown, and which: those with tumour go before the others while there is room.

    Returns:
        Places of the chosen slices by patient, patients in their order.
    """
    chosen: dict[str, list[int]] = {}
    for patient in sorted(patients, key=lambda patient: not (patients[patient]["area"] > 0).any()):
        if (room := pictures - sum(map(len, chosen.values()))) > 0:
            chosen[patient] = choose_slices(patients[patient]["area"].fillna(0).tolist(), min(SLICES_SHOWN, room))
    return {patient: chosen[patient] for patient in patients if patient in chosen}


def choose_slices(areas: Sequence[float], most: int) -> list[int]:
    """Choose which slices of a patient are shown where there is no room for all: evenly spread, and the one with the largest tumour.

    Args:
        areas: Of the tumour on each slice, in the slices' order.
        most: Number of slices to choose, at least 1.

    Returns:
        Places in `areas`, ascending.

    Example:
        >>> choose_slices([0, 0, 0, 0, 9, 0, 0], 3)
        [0, 4, 6]
    """
    if len(areas) <= most:
        return list(range(len(areas)))
    largest = _find_largest(areas)
    spread = [round(step * (len(areas) - 1) / max(most - 1, 1)) for step in range(most)]
    nearest = min(range(most), key=lambda step: abs(spread[step] - largest))
    return [*spread[:nearest], largest, *spread[nearest + 1 :]]


def make_viewer(patient: str, rows: pd.DataFrame, places: Sequence[int], number: int, read_image: ReadImage, read_mask: ReadMask) -> Viewer:
    """Read the images and masks of a patient that are shown.

    Args:
        patient: Name.
        rows: The findings of all slices that were looked at.
        places: Of the rows that are shown.
        number: Of the patient's slices, those among them that could not be read.
        read_image: Gives an image by its source.
        read_mask: Gives a mask by its image's source, or nothing.
    """
    slices = []
    for place in places:
        row = {str(name): value for name, value in rows.iloc[place].items()}
        told = f"slice {int(row['slice']) + 1} of {number}: {tell_finding(row)}" if number > 1 else tell_finding(row)
        picture = make_picture(read_image(row["source"]), read_mask(row["source"]), row["input_kind"])
        slices.append(Shown(begin(told), list_facts(row), picture))
    areas = rows["area"].fillna(0).iloc[list(places)].tolist()
    first = _find_largest(areas) if any(areas) else len(areas) // 2
    profile = [round(_PROFILE_HEIGHT * area / max(*areas, 1), 2) for area in areas]
    summary = "; ".join(f"{name.lower()} {value}" for name, value in tell_patient(rows)) if len(rows) > 1 else ""
    return Viewer(patient, begin(summary), slices, first, profile)


def _find_largest(areas: Sequence[float]) -> int:
    return max(range(len(areas)), key=lambda place: areas[place])
