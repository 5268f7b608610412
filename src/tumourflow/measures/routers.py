"""What several routers make of their test images and of intruders: the one that saw all cohorts, and each that was trained without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.measures.class_units import told_classes
from tumourflow.measures.classification import summarise_classes
from tumourflow.measures.figure import Figures
from tumourflow.measures.refusal import GENUINE, choose_refusal, summarise_refusal
from tumourflow.measures.summary import SPLITS

ROUTER = "router"
"""The router that saw all cohorts, among those that each were trained without one."""


def choose_each(scores: pd.DataFrame, acceptance: float) -> dict[str, Any]:
    """Choose each router's score and threshold, see `choose_refusal`.

    Args:
        scores: Rows of all routers, named in `router`.
        acceptance: Share of genuine images that pass.

    Returns:
        What `choose_refusal` gives, by the name of the router.
    """
    return {str(name): choose_refusal(rows, acceptance) for name, rows in scores.groupby("router", sort=False)}


def summarise_each(scores: pd.DataFrame, refusals: Mapping[str, Any]) -> dict[str, Figures]:
    """Say how well modalities are told apart, what passes and what is refused.

    Args:
        scores: Rows of all routers, named in `router`: `router`, or that of the split which it never saw.
        refusals: What `choose_each` gave.

    Returns:
        `{split: {metric: {value, low, high, n, unit}}}` for train, validation, test and each `unseen_<cohort>`, that one by the router that
        was trained without it.
    """
    classes = told_classes(scores)
    metrics: dict[str, Figures] = {}
    for name, rows in scores.groupby("router", sort=False):
        splits = SPLITS if name == ROUTER else (str(name),)
        told = summarise_classes(rows[(rows["source"] == GENUINE) & rows["split"].isin(splits)], classes)
        refused = summarise_refusal(rows, refusals[str(name)], splits)
        metrics |= {split: told[split] | refused[split] for split in splits}
    return metrics
