"""What a step of the post-processing is worth: the same patients with and without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from tumourflow.measures.definitions import PATIENT_MEASURES, SLICE_MEASURES
from tumourflow.measures.intervals import PatientSums, as_json, paired_difference
from tumourflow.measures.overlap import divide
from tumourflow.measures.summary import SMALL_N, sum_by_patient

PLAIN_STEP = "plain"

MEASURES = {"volume_dice": "patient", "tumour_slice_dice": "slice", "empty_slice_specificity": "slice"}
"""What is compared, and the unit of its mean."""

COLUMNS = ["split", "step", "settings", "measure", "without", "with", "difference", "low", "high", "n", "unit", "small_n", "leaky"]


def tabulate_effects(counts: pd.DataFrame, settings: Mapping[str, str], *, leaky: bool) -> pd.DataFrame:
    """Compare each step with the plain threshold, paired by patient.

    Args:
        counts: One row a slice and step: `split, patient, case_id, step, tp, fp, fn`; the step `plain` is what the others are added to.
        settings: Of each step, in words.
        leaky: Whether the split leaks, so that no figure may be believed.

    Returns:
        `split, step, settings, measure, without, with, difference, low, high, n, unit, small_n, leaky`, one row a split, step and
        measure; a step is worth something only where `low` to `high`, the 95 % interval of the difference, leaves 0 out. `n` counts
        units, and `small_n` marks fewer than 10 patients. Numbers are missing where nothing counts.
    """
    rows = [row | {"settings": settings[row["step"]], "leaky": leaky} for row in _compare_all(counts)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _compare_all(counts: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for split, of_split in counts.groupby("split", sort=False):
        sums = {step: {name: _sum_up(rows, name) for name in MEASURES} for step, rows in of_split.groupby("step", sort=False)}
        for step in filter(lambda name: name != PLAIN_STEP, sums):
            for measure, unit in MEASURES.items():
                found = _compare(sums[PLAIN_STEP][measure], sums[step][measure])
                yield {"split": split, "step": step, "measure": measure, "unit": unit, **found}


def _compare(plain: PatientSums, step: PatientSums) -> dict[str, Any]:
    # Whether a slice or patient counts depends on the truth alone, so both have the same.
    patients = int((plain.denominators > 0).sum())
    without, changed = (as_json(float(divide(each.numerators.sum(), each.denominators.sum()))) for each in (plain, step))
    figures = {"without": without, "with": changed, **paired_difference(step, plain)}
    return {**figures, "n": int(plain.denominators.sum()), "small_n": patients < SMALL_N}


def _sum_up(slices: pd.DataFrame, measure: str) -> PatientSums:
    units = slices.groupby("patient", as_index=False, sort=True)[["tp", "fp", "fn"]].sum() if measure in PATIENT_MEASURES else slices
    return sum_by_patient((PATIENT_MEASURES | SLICE_MEASURES)[measure](units), units["patient"])
