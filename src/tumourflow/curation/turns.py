"""All splits of a cross-validation, one after the other."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tumourflow.curation.leakage import inspect_leakage
from tumourflow.curation.proposal import propose_split
from tumourflow.options import Protocol, SplittingOptions


def deal_turns(
    cases: pd.DataFrame,
    splitting: SplittingOptions,
    seed: int,
    folds: int | None,
    tested: Iterable[int],
    protocol: Protocol = "patient",
) -> pd.DataFrame:
    """Split the cohort once for every fold; each split passes the gate.

    Args:
        cases: The table of cases.
        splitting: Shares of patients.
        seed: Of the draw.
        folds: Number of folds; published ones have their own.
        tested: Folds that are tested, one a turn; of published ones some may be lacking.
        protocol: Whole patients, slices or published folds.

    Returns:
        `turn, case_id, patient, split`: the split of each turn, counted from 0; and whether it is `leaky`: of published folds some may
        be, and others not.

    Raises:
        UserError: Where one of the splits leaks, or there are too few groups.
    """
    dealt = []
    for turn, fold in enumerate(tested):
        split = propose_split(cases, splitting, seed, None, folds, fold, protocol)
        report = inspect_leakage(split, cases, protocol)
        dealt.append(split.assign(turn=turn, leaky=report["leaky"]))
    return pd.concat(dealt, ignore_index=True)[["turn", "case_id", "patient", "split", "leaky"]]
