"""What the names of volumes may have been mistaken for."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.nifti_channels import strip_suffix
from tumourflow.cohorts.nifti_sequences import split_name
from tumourflow.cohorts.packing import name_files
from tumourflow.cohorts.pseudonyms import SEQUENCES

EACH_FILE = "`(?P<patient>.+)`"
"""The `case_pattern` that makes a patient of each volume."""
_MANY = 10  # volumes a patient, from which on volumes of several may have been taken for those of one


def doubt_volumes(index: CohortIndex, patients: int) -> str:
    """Say that sequences of one image may have been taken for images, or volumes of many patients for those of few; else nothing.

    Args:
        index: The cohort.
        patients: How many patients the names of its volumes gave.
    """
    volumes = {image for _, (image, *_), _ in name_files(index.cases) if image.lower().endswith((".nii", ".nii.gz"))}
    if doubt := _doubt_images(volumes):
        return doubt
    if not volumes or len(volumes) < _MANY * patients:
        return ""
    who = "1 patient" if patients == 1 else f"{patients} patients"
    doubt = f"The names of {len(volumes)} volumes give {who}: where each is a patient of its own, as in names such as `BRATS_001`,"
    return f"{doubt} `ingestion.case_pattern` is {EACH_FILE}."


def _doubt_images(volumes: Collection[str]) -> str:
    words: dict[str, set[str]] = {}
    for case, word in (split_name(strip_suffix(Path(volume))) for volume in volumes):
        if word.lower() in SEQUENCES:
            words.setdefault(case, set()).add(word.lower())
    beside = {case: found for case, found in words.items() if len(found) > 1}
    if not beside:
        return ""
    named = ", ".join(sorted(set().union(*beside.values())))
    of_cases = "1 case" if len(beside) == 1 else f"{len(beside)} cases"
    doubt = f"{sum(map(len, beside.values()))} volumes are called as sequences ({named}) of {of_cases}, and each counts as images"
    return f"{doubt} of its own: where they lie in one place, `ingestion.sequences` makes them the channels of one image."
