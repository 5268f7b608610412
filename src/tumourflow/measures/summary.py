"""From one row a slice to one figure a measure, each with its interval, `n` and unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tumourflow.measures.definitions import (
    MEDIAN_MEASURES,
    PATIENT_MEASURES,
    POOLED_MEASURES,
    SLICE_MEASURES,
    SUMMED,
    PooledMeasure,
    agree_on_units,
    tell_units,
)
from tumourflow.measures.figure import Figure, Figures, figure_ratio, make_figure
from tumourflow.measures.intervals import Floats, PatientSums, as_json, bootstrap_median, bootstrap_ratio

SPLITS = ("train", "validation", "test")
SIZE_THIRDS = ("small", "medium", "large")


def summarise(scores: pd.DataFrame) -> dict[str, Figures]:
    """Summarise every measure for each split.

    Args:
        scores: Table of `case_scores`: `patient, group, site, split` and the columns of `score_slice`, one row a slice.

    Returns:
        `{split: {measure: {value, low, high, n, unit}}}` for train, validation and test, with `small_n` where fewer than 10 groups
        count, and `q1, q3` beside a median. `n` counts `unit`, the unit of averaging; without any, it is 0 and the numbers are null.
    """
    [agreed] = agree_on_units([scores])
    return {split: summarise_rows(agreed[agreed["split"] == split]) for split in SPLITS}


def summarise_by_group(scores: pd.DataFrame) -> dict[str, dict[str, dict[str, Figures]]]:
    """Summarise every measure for each split, by site and by third of tumour size.

    Thirds are of the split's patients with tumour, by the number of tumour pixels in all of a patient's slices.

    Args:
        scores: Table of `case_scores`.

    Returns:
        `{split: {"site" or "tumour_size": {group: {measure: {...}}}}}`; patients without a site stand under `unknown`.
    """
    [agreed] = agree_on_units([scores])
    return {split: _summarise_groups(agreed[agreed["split"] == split]) for split in SPLITS}


def summarise_rows(slices: pd.DataFrame) -> Figures:
    """Summarise every measure for the slices of one split or group.

    Args:
        slices: Rows of `case_scores`. What is drawn in a resample is the `group` that no split tears apart (a patient, a family of ids, or
            copies of one picture), or the patient where the table has no such column.

    Returns:
        `{measure: {value, low, high, n, unit, ...}}`.
    """
    patients = slices.groupby("patient", sort=True)[SUMMED].sum()
    drawn = drawn_together(slices)
    of_patient = drawn.groupby(slices["patient"], sort=True).first()
    figures = {name: figure_ratio(sum_by_patient(measure(patients), of_patient), "patient") for name, measure in PATIENT_MEASURES.items()}
    figures |= {name: figure_ratio(sum_by_patient(measure(slices), drawn), "slice") for name, measure in SLICE_MEASURES.items()}
    figures |= {name: _pooled(measure, patients, of_patient) for name, measure in POOLED_MEASURES.items()}
    figures |= {name: _median_over_patients(measure(patients), of_patient) for name, measure in MEDIAN_MEASURES.items()}
    return tell_units(slices, figures)


def drawn_together(slices: pd.DataFrame) -> pd.Series[str]:
    """Tell what each slice is drawn with in a resample: its `group` where the table has that column, else its patient."""
    # Folds that were scored before groups were noted are pooled with others.
    return slices["group"].fillna(slices["patient"]) if "group" in slices else slices["patient"]


def sum_by_patient(values: Floats, patient: pd.Series[str]) -> PatientSums:
    """Add up each patient's values, and count them: what a bootstrap over patients needs for a mean over units.

    Args:
        values: One a unit, NaN where the unit does not count.
        patient: The patient of each.

    Returns:
        Sums and counts, patients sorted.

    Example:
        >>> sum_by_patient(np.array([1.0, 0.5, np.nan]), pd.Series(list("aab")))
        PatientSums(numerators=array([1.5, 0. ]), denominators=array([2., 0.]))
    """
    columns = pd.DataFrame({"value": np.nan_to_num(values), "counted": (~np.isnan(values)).astype(float)})
    sums = columns.groupby(patient.to_numpy(), sort=True).sum()
    return PatientSums(sums["value"].to_numpy(float), sums["counted"].to_numpy(float))


def size_thirds(slices: pd.DataFrame) -> pd.Series[str]:
    """Sort patients with tumour into thirds by the size of their tumour; of equal sizes the name decides.

    Args:
        slices: Rows of `case_scores` with `patient, tp, fn`.

    Returns:
        `small`, `medium` or `large`, indexed by patient; patients without tumour are not in it.

    Example:
        >>> size_thirds(pd.DataFrame({"patient": list("aabc"), "tp": [1, 2, 0, 9], "fn": [0, 0, 0, 1]})).to_dict()
        {'a': 'small', 'c': 'medium'}
    """
    sizes = slices.assign(size=slices["tp"] + slices["fn"]).groupby("patient", sort=True)["size"].sum()
    ranked = sizes[sizes > 0].sort_values(kind="stable")
    thirds = np.arange(len(ranked)) * len(SIZE_THIRDS) // max(len(ranked), 1)
    return pd.Series([SIZE_THIRDS[third] for third in thirds], index=ranked.index, dtype=object)


def _summarise_groups(slices: pd.DataFrame) -> dict[str, dict[str, Figures]]:
    site = slices["site"].fillna("").replace("", "unknown")
    size = slices["patient"].map(size_thirds(slices))
    return {
        "site": {str(name): summarise_rows(rows) for name, rows in slices.groupby(site, sort=True)},
        "tumour_size": {name: summarise_rows(slices[size == name]) for name in SIZE_THIRDS if (size == name).any()},
    }


def _pooled(measure: PooledMeasure, patients: pd.DataFrame, drawn: pd.Series[str]) -> Figure:
    above, below = measure.numerator(patients), measure.denominator(patients)
    sums = pd.DataFrame({"above": above, "below": below}).groupby(drawn.to_numpy(), sort=True).sum()
    interval = bootstrap_ratio(PatientSums(sums["above"].to_numpy(float), sums["below"].to_numpy(float)))
    n = int(measure.units(patients).sum()) if below.any() else 0
    return make_figure(interval, n=n, unit=measure.unit, groups=int((sums["below"] > 0).sum()))


def _median_over_patients(values: Floats, drawn: pd.Series[str]) -> Figure:
    known = ~np.isnan(values)
    q1, q3 = np.percentile(values[known], [25, 75]) if known.any() else (np.nan, np.nan)
    groups = pd.factorize(drawn[known], sort=True)[0]
    figure = make_figure(bootstrap_median(values[known], groups), n=int(known.sum()), unit="patient", groups=len(np.unique(groups)))
    return figure | {"q1": as_json(q1), "q3": as_json(q3)}
