"""Which of the ways to split a cohort a run asks for."""

from __future__ import annotations

import pandas as pd

from tumourflow.cohorts.folder import open_root
from tumourflow.curation.official import split_officially
from tumourflow.curation.split_file import split_by_file
from tumourflow.curation.splits import split_in_folds, split_three_ways
from tumourflow.errors import UserError
from tumourflow.options import Protocol, SplittingOptions, find_contradiction


def propose_split(
    cases: pd.DataFrame,
    options: SplittingOptions,
    seed: int,
    split_file: str | None,
    folds: int | None,
    fold: int,
    protocol: Protocol = "patient",
) -> pd.DataFrame:
    """Split a cohort by a file, in folds or three ways, by patient or as another protocol wants it.

    Args:
        cases: The table of cases.
        options: Shares of patients.
        seed: Of the draw.
        split_file: CSV of `patient_id, split`, here or at a URL, or none.
        folds: Number of folds, or none.
        fold: Which of them, or of the published folds, is the test set, counted from 0.
        protocol: `patient` keeps groups together; `slice` deals out slices as if each were a patient; `official` tests on a published
            fold; `all` trains on everybody.

    Returns:
        `case_id, patient, split, fold` in the order of `cases`.

    Raises:
        UserError: If two of these contradict one another, and for what the chosen way refuses.
    """
    if contradiction := find_contradiction(protocol, split_file, folds):
        raise UserError(contradiction)
    if protocol == "all":
        return cases[["case_id", "patient"]].assign(split="train", fold=-1)
    if protocol == "official":
        return split_officially(cases, options, seed, fold)
    if split_file:
        return split_by_file(cases, open_root(split_file, "split_file"))
    units = cases.assign(group=cases["case_id"]) if protocol == "slice" else cases
    if folds:
        return split_in_folds(units, options, seed, folds, fold)
    return split_three_ways(units, options, seed)
