"""Propose a split, and let it pass or not."""

from __future__ import annotations

import logging

import pandas as pd

from tumourflow.curation.heavy_group import tell_heavy_group
from tumourflow.curation.leakage import Report, describe_leakage, inspect_leakage
from tumourflow.curation.proposal import propose_split
from tumourflow.figures.banner import mark_leaky
from tumourflow.figures.splits import draw_splits
from tumourflow.options import Protocol, SplittingOptions
from tumourflow.types import Figure

logger = logging.getLogger(__name__)


def split_cases(
    cases: pd.DataFrame,
    splitting: SplittingOptions,
    seed: int,
    split_file: str | None,
    folds: int | None,
    fold: int,
    protocol: Protocol,
) -> pd.DataFrame:
    """Put every case into train, validation or test.

    Args:
        cases: The table of cases.
        splitting: Shares of patients.
        seed: Of the draw.
        split_file: A CSV file that imposes a split.
        folds: Number of folds of a cross-validation.
        fold: Which of them, or of the published folds, is the test set.
        protocol: Whole patients, slices, published folds, or everybody trains.

    Returns:
        `case_id, patient, split, fold`.
    """
    proposed = propose_split(cases, splitting, seed, split_file, folds, fold, protocol)
    if protocol == "patient" and (told := tell_heavy_group(cases, proposed)):
        logger.warning("%s", told)
    return proposed


def pass_gate(proposed_splits: pd.DataFrame, cases: pd.DataFrame, protocol: Protocol) -> tuple[pd.DataFrame, Report]:
    """Hand the split on only if nobody stands on two sides; training reads nothing but what passed here.

    Args:
        proposed_splits: What `split_cases` proposed.
        cases: The table of cases.
        protocol: Under `slice` and `official`, leaks are warned of and the split passes.

    Returns:
        The same split, and the report on it.
    """
    report = inspect_leakage(proposed_splits, cases, protocol)
    if report["leaky"] or report.get("straddling_families"):
        logger.warning("%s", describe_leakage(report))
    return proposed_splits, report


def draw_split_overview(cases: pd.DataFrame, splits: pd.DataFrame, leakage_report: Report) -> Figure:
    """Draw how many of each class and site stand in each split."""
    return mark_leaky(draw_splits(cases.merge(splits[["case_id", "split"]], on="case_id")), leakage_report)
