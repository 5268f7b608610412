"""Types told from true masks, from predicted masks and from the whole image, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tumourflow.measures.class_figures import name_measures
from tumourflow.measures.classification import compare_classes, summarise_classes
from tumourflow.measures.figure import Figures
from tumourflow.types import CROSS_VALIDATED

TRUE = "true"
"""The kind of mask that the others are measured against; its figures have the plain names of the splits."""
PREDICTED = "predicted"
MASKS = {TRUE: "", PREDICTED: "predicted_masks", "none": "no_mask"}
"""Kinds of masks, and what stands behind the name of a split."""
BRIEF = ("accuracy", "balanced_accuracy", "macro_f1")
"""Measures that a model's card has."""
_COUNTED = ("n", "unit", "small_n")


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
            name: {**cost, **{fact: told[name][fact] for fact in _COUNTED if fact in told[name]}} for name, cost in costs.items()
        }
    return summary


def brief_scores(summary: Mapping[str, Any], predicted: pd.DataFrame, classes: Sequence[str]) -> dict[str, Any]:
    """Pick what the card of a classifier says of it, which learned from true masks and will be asked about predicted ones.

    Args:
        summary: What `summarise_masks` gave.
        predicted: What the classifier itself told of the predicted masks of test cases, rows as those of `summarise_masks`.
        classes: Names of the classes.

    Returns:
        `{split: {measure: figure}}` with the measures `BRIEF`: `test` and `cross_validated` from true masks, and `test_predicted_masks`;
        what nobody was left to test is not there.
    """
    told = {split: summary[split] for split in ("test", CROSS_VALIDATED) if split in summary and summary[split]["accuracy"]["n"]}
    told |= {name_split("test", PREDICTED): summarise_classes(predicted, classes)["test"]} if len(predicted) else {}
    return {split: {measure: figures[measure] for measure in BRIEF} for split, figures in told.items()}


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
