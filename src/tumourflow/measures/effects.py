"""What a step of the post-processing is worth: the same patients with and without it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from tumourflow.measures.definitions import PATIENT_MEASURES, SLICE_MEASURES
from tumourflow.measures.figure import SMALL_N
from tumourflow.measures.intervals import PatientSums, as_json, paired_difference
from tumourflow.measures.overlap import divide
from tumourflow.measures.summary import drawn_together, sum_by_patient

PLAIN_STEP = "plain"
WITHOUT = {"mirrors": "single_view", "multi_scale": "single_scale", "patient_statistics": "training_statistics"}
"""How the network is asked, and the plain threshold on what it says where it is not asked so; the other steps are of all of it together."""

MEASURES = {"volume_dice": "patient", "tumour_slice_dice": "slice", "empty_slice_specificity": "slice"}
"""What is compared, and the unit of its mean."""

COLUMNS = ["split", "step", "settings", "measure", "without", "with", "difference", "low", "high", "n", "unit", "small_n", "leaky"]


def tabulate_effects(counts: pd.DataFrame, settings: Mapping[str, str], *, leaky: bool) -> pd.DataFrame:
    """Compare each step with the plain threshold, paired by patient; and that with how the network might be asked otherwise.

    Args:
        counts: One row a slice and step: `split, patient, group, case_id, step, tp, fp, fn`; the step `plain` is what the others are
            added to, and itself is added to those of `WITHOUT` that are there.
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
        sums = {step: {name: sum_measure(rows, name) for name in MEASURES} for step, rows in of_split.groupby("step", sort=False)}
        for step, (before, after) in _pair_up(sums).items():
            for measure, unit in MEASURES.items():
                found = compare_sums(sums[before][measure], sums[after][measure])
                yield {"split": split, "step": step, "measure": measure, "unit": unit, **found}


def _pair_up(there: Collection[Any]) -> dict[str, tuple[str, str]]:
    asked = {step: (without, PLAIN_STEP) for step, without in WITHOUT.items() if without in there}
    return asked | {step: (PLAIN_STEP, step) for step in there if step not in (PLAIN_STEP, *WITHOUT.values())}


def compare_sums(before: PatientSums, after: PatientSums) -> dict[str, Any]:
    """Compare two results on the same patients, in a measure whose denominators the truth alone decides.

    Args:
        before: Sums of the one.
        after: Sums of the other, patients in the same order.

    Returns:
        `without` and `with`, the figures; `difference`, `low`, `high`, its 95 % interval; `n` units, and `small_n`, whether they are of
        fewer than 10 patients. Numbers are null where nothing counts.
    """
    patients = int((before.denominators > 0).sum())
    without, changed = (as_json(float(divide(each.numerators.sum(), each.denominators.sum()))) for each in (before, after))
    figures = {"without": without, "with": changed, **paired_difference(after, before)}
    return {**figures, "n": int(before.denominators.sum()), "small_n": patients < SMALL_N}


def sum_measure(slices: pd.DataFrame, measure: str) -> PatientSums:
    """Sum a measure up by what is drawn together in a resample, in the order of their names.

    Args:
        slices: One row a slice: `patient, tp, fp, fn`, and `group` where patients belong together.
        measure: One of `MEASURES`.
    """
    measured, drawn = (PATIENT_MEASURES | SLICE_MEASURES)[measure], drawn_together(slices)
    if measure not in PATIENT_MEASURES:
        return sum_by_patient(measured(slices), drawn)
    counts = slices.groupby("patient", sort=True)[["tp", "fp", "fn"]].sum()
    return sum_by_patient(measured(counts), drawn.groupby(slices["patient"], sort=True).first())
