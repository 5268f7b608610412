"""Which of the ways to split a cohort a run asks for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tumourflow.curation.split_file import split_by_file
from tumourflow.curation.splits import split_in_folds, split_three_ways
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions


def propose_split(
    cases: pd.DataFrame, options: SplittingOptions, seed: int, split_file: str | None, folds: int | None, fold: int
) -> pd.DataFrame:
    """Split a cohort by a file, in folds, or three ways.

    Args:
        cases: The table of cases.
        options: Shares of patients.
        seed: Of the draw.
        split_file: CSV of `patient_id, split`, or none.
        folds: Number of folds, or none.
        fold: Which of them is the test set, counted from 0.

    Returns:
        `case_id, patient, split, fold` in the order of `cases`.

    Raises:
        UserError: If both a file and folds are asked for, and for what the chosen way refuses.
    """
    if split_file and folds:
        msg = f"Both `split_file` ({split_file}) and `folds` ({folds}) are set: a split is either imposed or drawn, remove one of them."
        raise UserError(msg)
    if split_file:
        return split_by_file(cases, Path(split_file))
    if folds:
        return split_in_folds(cases, options, seed, folds, fold)
    return split_three_ways(cases, options, seed)
