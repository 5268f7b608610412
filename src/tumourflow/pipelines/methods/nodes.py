"""Nodes of the methods room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.datasets import TableStore
from tumourflow.figures.banner import mark_leaky, nobody_judges
from tumourflow.figures.methods import TITLE
from tumourflow.figures.methods import draw_methods as draw_all_methods
from tumourflow.measures.groups import regroup
from tumourflow.measures.methods import CLASSICAL, NETWORK, split_name, tabulate_methods
from tumourflow.types import Figure


def compare_methods(
    method_scores: TableStore, cases: pd.DataFrame, splits: pd.DataFrame, leakage_report: Mapping[str, Any]
) -> pd.DataFrame:
    """Put every network and classical method side by side that was scored on these very cases and this split.

    Older scores get the patients and groups of this run, for a decision may have joined patients since: paired figures draw the same.

    Returns:
        The table of `tabulate_methods`; empty where nothing was, as when every patient trains.
    """
    from tumourflow.prediction.bundle import fingerprint_data

    fingerprint = fingerprint_data(cases, splits)
    found: dict[str, dict[str, pd.DataFrame]] = {NETWORK: {}, CLASSICAL: {}}
    for key in sorted(method_scores.keys()):
        of_data, kind, name = split_name(key)
        scores = regroup(method_scores.read(key), cases) if of_data == fingerprint else None
        if scores is not None:
            found[kind][name] = scores
    return tabulate_methods(found[NETWORK], found[CLASSICAL], leaky=leakage_report["leaky"])


def draw_methods(methods_table: pd.DataFrame, leakage_report: Mapping[str, Any]) -> Figure:
    """Draw the figures of all methods with their intervals."""
    if leakage_report["protocol"] == "all":
        return nobody_judges(TITLE)
    return mark_leaky(draw_all_methods(methods_table), leakage_report)
