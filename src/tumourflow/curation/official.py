"""The folds that a cohort was published with."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tumourflow.curation.splits import SPLITS, split_rest
from tumourflow.errors import UserError
from tumourflow.options import SplittingOptions

_OFFICIAL = 3  # purpose of randomness


def split_officially(cases: pd.DataFrame, options: SplittingOptions, seed: int, fold: int) -> pd.DataFrame:
    """Test on one published fold; the validation groups are drawn from the others.

    The draw tears nothing apart, so that whatever stands on two sides was put there by the published folds.

    Args:
        cases: The table of cases with `official_fold`.
        options: `validation` is the share of the groups that are left.
        seed: Of the draw.
        fold: Published fold that is tested, counted from 0.

    Returns:
        `case_id, patient, split, fold` in the order of `cases`; fold is the published one.

    Raises:
        UserError: If the cohort has no published folds, not this one, or no other.
    """
    folds = sorted(set(cases["official_fold"]))
    if folds[-1] < 0:
        msg = "`protocol` is official, but this cohort was published without folds: choose `protocol` patient, with `folds` if you like."
        raise UserError(msg)
    if folds[0] < 0:
        lost = cases.loc[cases["official_fold"] < 0, "case_id"]
        msg = f"`protocol` is official, but {len(lost)} cases are in none of the published folds, the first is {lost.iloc[0]}."
        raise UserError(msg)
    if fold not in folds:
        msg = f"`fold` is {fold}, but the published folds of this cohort are {', '.join(str(each) for each in folds)}."
        raise UserError(msg)
    if len(folds) == 1:
        msg = f"`protocol` is official, but all cases are in published fold {fold}, so that nobody is left to train on: choose `protocol` "
        raise UserError(msg + "patient, or add the files of the other folds.")
    tested = cases["official_fold"] == fold
    drawn = split_rest(cases[~tested], options, set(), [seed, _OFFICIAL, fold], cases["official_fold"][~tested])
    names = pd.Series(np.where(tested, SPLITS[2], ""), cases.index)
    names[~tested] = drawn["split"]
    return cases[["case_id", "patient"]].assign(split=names, fold=cases["official_fold"].astype("int64"))
