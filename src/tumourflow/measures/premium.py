"""How many points of a figure are leakage: the same slices, scored under the slice and the patient protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.measures.counts import Counts, count_pixels
from tumourflow.measures.definitions import PATIENT_MEASURES, SLICE_MEASURES
from tumourflow.measures.figure import SMALL_N, Figure
from tumourflow.measures.intervals import PatientSums, bootstrap_ratio, paired_difference
from tumourflow.measures.overlap import Ratios, has_tumour
from tumourflow.measures.summary import drawn_together, sum_by_patient
from tumourflow.types import Float32

THRESHOLD = 0.5

EXPERIMENT = "Experiment: what a leaking split would add. No figure here describes a model that is used."

MEASURES = {"volume_dice": "patient", "tumour_slice_dice": "slice"}
"""What is compared, and the unit of its mean."""

Premium = dict[str, Any]


def count_slices(truths: Iterable[npt.NDArray[np.uint8]], probabilities: Iterable[Float32]) -> pd.DataFrame:
    """Count pixels slice by slice at threshold .5.

    Args:
        truths: Masks `(size, size)`, 0 or 1.
        probabilities: `(size, size)` each, 0..1, in the same order.

    Returns:
        `tp, fp, fn, tn`, one row a slice.

    Example:
        >>> count_slices([np.array([[1, 0]], np.uint8)], [np.array([[0.6, 0.5]], np.float32)]).values.tolist()
        [[1, 1, 0, 0]]
    """
    pairs = zip(truths, probabilities, strict=True)
    return pd.DataFrame([count_pixels(truth > 0, probability >= THRESHOLD) for truth, probability in pairs], columns=Counts._fields)


def compare_protocols(scores: pd.DataFrame) -> Premium:
    """Score both protocols on the same slices, and their difference, paired by patient.

    Args:
        scores: One row a scored slice and protocol: `repeat, protocol, case_id, patient, tp, fp, fn, train_slices, steps`, and `group`, as
            which patients are drawn, where it is known.

    Returns:
        `{measure: {"slice": {...}, "patient": {...}, "premium": {...}}}` with `value, low, high, n, unit` in each, where the premium is
        slice minus patient; `n` counts patients, or slices of all repeats. Also `experiment`, a sentence that says what this is,
        `repeats`, and `train_slices` and `steps`, means over the repeats by protocol.
    """
    found: Premium = {"experiment": EXPERIMENT, "repeats": int(scores["repeat"].nunique())}
    for name in ("train_slices", "steps"):
        means = scores.groupby(["protocol", "repeat"])[name].first().groupby("protocol").mean()
        found[name] = {str(protocol): float(mean) for protocol, mean in means.items()}
    return found | {measure: _compare(scores, measure) for measure in MEASURES}


def tabulate_premium(premium: Premium) -> pd.DataFrame:
    """Put both protocols side by side.

    Args:
        premium: What `compare_protocols` gave.

    Returns:
        `experiment, measure, protocol, value, low, high, n, unit, train_slices, steps`, one row a measure and protocol, and one with the
        difference.
    """
    rows = []
    for measure in MEASURES:
        for name, protocol in (("slice", "slice"), ("patient", "patient"), ("premium", "difference (slice - patient)")):
            figure = {column: premium[measure][name][column] for column in ("value", "low", "high", "n", "unit")}
            made = {column: premium[column].get(name) for column in ("train_slices", "steps")}
            rows.append({"experiment": True, "measure": measure, "protocol": protocol, **figure, **made})
    return pd.DataFrame(rows)


def describe_premium(premium: Premium) -> str:
    """Put the difference in the patients' Dice into a sentence."""
    slices, found = premium["volume_dice"]["slice"], premium["volume_dice"]["premium"]
    if found["low"] is None:
        return "Experiment: no scored slice has a tumour, so nothing can be compared."
    interval = "{value:.3f} [{low:.3f}, {high:.3f}]".format(**found)
    basis = f"{slices['n']} patients, {premium['repeats']} repeat(s)"
    return f"Experiment: the slice protocol's Dice of {slices['value']:.3f} differs from the patient protocol's by {interval} ({basis})."


def patient_dice(scores: pd.DataFrame) -> pd.DataFrame:
    """Take one Dice from the counts of each patient's scored slices, mean over the repeats; patients without tumour have none.

    Args:
        scores: As `compare_protocols` takes them.

    Returns:
        Columns `patient` and `slice`, indexed by patient.
    """
    sums = scores.groupby(["patient", "repeat", "protocol"], as_index=False)[["tp", "fp", "fn"]].sum()
    table = sums.assign(dice=PATIENT_MEASURES["volume_dice"](sums)).pivot_table("dice", "patient", "protocol")
    return table.reindex(columns=["patient", "slice"])


def _compare(scores: pd.DataFrame, measure: str) -> dict[str, Figure]:
    protocols = {name: _sum_up(rows, measure) for name, rows in scores.groupby("protocol", sort=True)}
    counted = protocols["patient"].denominators
    tumour = has_tumour(scores["tp"], scores["fn"])
    difference = paired_difference(protocols["slice"], protocols["patient"])
    figures = {name: bootstrap_ratio(protocols[name]).to_dict() for name in ("slice", "patient")}
    figures["premium"] = {"value": difference["difference"], "low": difference["low"], "high": difference["high"]}
    n = scores.loc[tumour, "patient"].nunique() if MEASURES[measure] == "patient" else counted.sum()
    facts: Figure = {"n": int(n), "unit": MEASURES[measure]}
    if (counted > 0).sum() < SMALL_N:
        facts["small_n"] = True
    return {name: {**figure, **facts} for name, figure in figures.items()}


def _sum_up(scores: pd.DataFrame, measure: str) -> PatientSums:
    units = scores.assign(drawn=drawn_together(scores))
    if measure in PATIENT_MEASURES:
        units = units.groupby(["drawn", "patient", "repeat"], as_index=False)[["tp", "fp", "fn"]].sum()
        values: Ratios = PATIENT_MEASURES[measure](units)
    else:
        values = SLICE_MEASURES[measure](units)
    return sum_by_patient(values, units["drawn"])
