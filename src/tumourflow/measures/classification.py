"""From probabilities to one figure a measure, each with its interval, `n` and unit; and the difference between two classifiers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tumourflow.measures.class_figures import figure_classes, measure_class, name_measures, resample_classes, weigh_groups
from tumourflow.measures.class_patients import explain_patients, pool_patients
from tumourflow.measures.class_shares import confuse
from tumourflow.measures.class_units import PROBABILITY, Units, keep_labelled, read_units
from tumourflow.measures.figure import Figures
from tumourflow.measures.intervals import as_json, percentile_interval
from tumourflow.measures.summary import SPLITS

PATIENT = "patient_"
"""Stands before the name of a figure per patient."""


def summarise_classes(scores: pd.DataFrame, classes: Sequence[str], column: str = PROBABILITY) -> dict[str, Figures]:
    """Summarise every measure of a classifier for each split.

    All figures of a split come from the same 2,000 resamples of its groups; resamples in which a figure is not defined, as where nobody
    of a class was drawn, are left out of its interval.

    Args:
        scores: Columns `case_id, patient, group, split, label` and `<column>.<class>`, one row an image; rows without a label are left
            out.
        classes: Names of the classes, in the order of the network's outputs.
        column: `probability`, or `calibrated`.

    Returns:
        `{split: {measure: {value, low, high, n, unit}}}` for train, validation, test and what other splits there are, with `small_n` where
        fewer than 10 groups count. `n` counts `unit`; of recall the images of the class, of precision those predicted as it. What is not
        defined, since a class is absent, is null with n 0. The same per patient, with `patient_` before the name, where
        `explain_patients` has no objection.

    Raises:
        ValueError: If a label is none of the classes, or a probability is not a number in 0..1.
    """
    by_patient = explain_patients(scores) is None
    summary = {}
    for split in _list_splits(scores):
        rows = keep_labelled(scores[scores["split"] == split])
        summary[split] = figure_classes(read_units(rows, classes, column), classes, "image")
        if by_patient:
            pooled = read_units(pool_patients(rows, classes, column), classes, column)
            summary[split] |= {PATIENT + name: figure for name, figure in figure_classes(pooled, classes, "patient").items()}
    return summary


def summarise_sites(scores: pd.DataFrame, classes: Sequence[str]) -> dict[str, dict[str, dict[str, Figures]]]:
    """Summarise every measure of a classifier for each split by site.

    Args:
        scores: Columns of `summarise_classes`, and `site`.
        classes: Names of the classes, in the order of the network's outputs.

    Returns:
        `{split: {"site": {site: {measure: {...}}}}}`, per image; images without a site stand under `unknown`.
    """
    site = scores["site"].fillna("").replace("", "unknown")
    summary: dict[str, dict[str, dict[str, Figures]]] = {}
    for split in SPLITS:
        rows = keep_labelled(scores[scores["split"] == split])
        of_sites = rows.groupby(site[rows.index], sort=True)
        figures = {str(name): figure_classes(read_units(each, classes, PROBABILITY), classes, "image") for name, each in of_sites}
        summary[split] = {"site": figures}
    return summary


def compare_classes(first: pd.DataFrame, second: pd.DataFrame, classes: Sequence[str], measure: str) -> dict[str, float | None]:
    """Compare two classifiers, or one under two conditions, on the same images: each resample holds the same groups for both.

    Args:
        first: Rows of a table of scores of one split.
        second: The same images scored otherwise, in any order.
        classes: Names of the classes.
        measure: A name of `summarise_classes`.

    Returns:
        `difference` (first minus second), `low`, `high`; null where either is not defined. One is better only where the interval leaves
        0 out.

    Raises:
        ValueError: If the images, their labels or groups differ, or there is no such measure.

    Example:
        >>> rows = {"case_id": ["p", "q"], "patient": ["p", "q"], "group": ["p", "q"], "split": "test", "label": ["a", "b"]}
        >>> right, wrong = {"probability.a": [0.9, 0.1], "probability.b": [0.1, 0.9]}, {"probability.a": 0.1, "probability.b": 0.9}
        >>> compare_classes(pd.DataFrame(rows | right), pd.DataFrame(rows | wrong), ["a", "b"], "recall.a")
        {'difference': 1.0, 'low': 1.0, 'high': 1.0}
    """
    name = measure.removeprefix(PATIENT)
    if name not in name_measures(classes):
        msg = f"`measure` must be one of {', '.join(name_measures(classes))}. Received: {measure}."
        raise ValueError(msg)
    tables = [keep_labelled(table) for table in (first, second)]
    if measure.startswith(PATIENT):
        tables = [pool_patients(table, classes) for table in tables]
    one, other = (read_units(table, classes) for table in tables)
    _require_same(tables, one, other)
    if not len(one):
        return {"difference": None, "low": None, "high": None}
    there, *blocks = [
        measure_class(one, weights, classes, name) - measure_class(other, weights, classes, name) for weights in weigh_groups(one)
    ]
    interval = percentile_interval(float(there[0]), np.concatenate(blocks))
    return {"difference": as_json(interval.value), "low": as_json(interval.low), "high": as_json(interval.high)}


def confusion(scores: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Count images by true class (rows) and predicted class (columns).

    Args:
        scores: Rows of a table of scores of one split.
        classes: Names of the classes.

    Returns:
        Whole numbers, `classes` by `classes`.
    """
    units = read_units(scores, classes)
    counts = confuse(units, np.ones((1, units.drawn)))[0].astype(np.int64)
    return pd.DataFrame(counts, index=pd.Index(list(classes), name="label"), columns=pd.Index(list(classes), name="predicted"))


def classification_report(scores: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Tabulate precision, recall and F1 of each class in each split, with their 95 % intervals over groups.

    Args:
        scores: A table of scores.
        classes: Names of the classes.

    Returns:
        `split, class, support`, where support counts the images of the class, and `precision, recall, f1`, each with `_low` and `_high`;
        one row a class and split, for the splits that have images. Numbers are missing where they are not defined.
    """
    rows: list[dict[str, float | int | str]] = []
    for split in _list_splits(scores):
        units = read_units(scores[scores["split"] == split], classes)
        intervals = resample_classes(units, classes)
        for number, name in enumerate(classes if intervals else ()):
            rows.append({"split": split, "class": name, "support": int((units.labels == number).sum())})
            for kind in ("precision", "recall", "f1"):
                value, low, high = intervals[f"{kind}.{name}"]
                rows[-1] |= {kind: value, f"{kind}_low": low, f"{kind}_high": high}
    numbers = [kind + end for kind in ("precision", "recall", "f1") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["split", "class", "support", *numbers])


def _list_splits(scores: pd.DataFrame) -> list[str]:
    return [*SPLITS, *sorted(set(scores["split"].astype(str)) - set(SPLITS))]


def _require_same(tables: Sequence[pd.DataFrame], one: Units, other: Units) -> None:
    cases = [sorted(table["case_id"]) for table in tables]
    if cases[0] != cases[1] or (one.labels != other.labels).any() or (one.groups != other.groups).any():
        received = f"Received: {len(cases[0])} and {len(cases[1])} images."
        msg = f"Both tables need the same images with the same labels and groups. {received}"
        raise ValueError(msg)
