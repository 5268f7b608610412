"""Types told from true masks, from predicted masks and from the whole image, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tumourflow.measures.class_figures import name_measures
from tumourflow.measures.classification import compare_classes, summarise_classes
from tumourflow.measures.folds import CROSS_VALIDATED
from tumourflow.measures.summary import Figures

TRUE = "true"
"""The kind of mask that the others are measured against; its figures have the plain names of the splits."""
MASKS = {TRUE: "", "predicted": "predicted_masks", "none": "no_mask"}
"""Kinds of masks, and what stands behind the name of a split."""
BRIEF = ("accuracy", "balanced_accuracy", "macro_f1")
"""Measures that a model's card has."""


def summarise_masks(scores: pd.DataFrame, classes: Sequence[str]) -> dict[str, Figures]:
    """Summarise every kind of mask in every split, and what the other kinds cost against the true one.

    Args:
        scores: Columns `mask, case_id, patient, group, split, label` and `probability.<class>`: one row a case, kind of mask and split,
            which is `train`, `validation` or `test`, or `cross_validated` for the out-of-fold probabilities.
        classes: Names of the classes.

    Returns:
        `{split: {measure: {value, low, high, n, unit}}}`: `<split>` from true masks, `<split>_predicted_masks`, `<split>_no_mask`; and
        `cost_of_predicted_masks` and `cost_of_no_mask`, whose values are the cross-validated figure of the true masks minus that of the
        others, paired by group: above 0 where the true mask is better.
    """
    kinds = {kind: scores[scores["mask"] == kind] for kind in MASKS if (scores["mask"] == kind).any()}
    summary: dict[str, Figures] = {}
    for kind, rows in kinds.items():
        found = summarise_classes(rows, classes)
        summary |= {name_split(split, kind): figures for split, figures in found.items()}
    crossed = {kind: rows[rows["split"] == CROSS_VALIDATED] for kind, rows in kinds.items()}
    for kind in (kind for kind in crossed if kind != TRUE):
        told = summary[name_split(CROSS_VALIDATED, kind)]
        costs = {name: _compare(crossed[TRUE], crossed[kind], classes, name) for name in name_measures(classes)}
        summary[f"cost_of_{MASKS[kind]}"] = {
            name: {**cost, **{fact: told[name][fact] for fact in ("n", "unit")}} for name, cost in costs.items()
        }
    return summary


def brief_scores(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what a model's card says of it: the figures that judge, from true and from predicted masks.

    Args:
        summary: What `summarise_masks` gave, marks of leakage beside it.

    Returns:
        `{split: {measure: figure}}` with the measures `BRIEF` of `test` and `cross_validated`, as far as they are.
    """
    names = [name_split(split, kind) for split in ("test", CROSS_VALIDATED) for kind in (TRUE, "predicted")]
    return {name: {measure: summary[name][measure] for measure in BRIEF} for name in names if name in summary}


def name_split(split: str, kind: str) -> str:
    """Name the figures of a split and a kind of mask.

    Example:
        >>> name_split("test", "true"), name_split("test", "none")
        ('test', 'test_no_mask')
    """
    return f"{split}_{MASKS[kind]}".rstrip("_")


def _compare(true: pd.DataFrame, other: pd.DataFrame, classes: Sequence[str], measure: str) -> dict[str, Any]:
    found = compare_classes(true, other, classes, measure)
    return {"value": found["difference"], "low": found["low"], "high": found["high"]}
