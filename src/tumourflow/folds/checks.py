"""Is a split the very fold that its scores are kept as?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.errors import UserError
from tumourflow.folds.names import name_fold


def require_fold(splits: pd.DataFrame, folds: int, fold: int) -> None:
    """Make sure that a split is the very turn of a cross-validation that its scores are kept as.

    Args:
        splits: Columns `split, fold`: fold is the one in which a case is tested.
        folds: Number of folds.
        fold: Which of them is the test set.

    Raises:
        UserError: Where the split was made for another fold, for as many as others, or for none.
    """
    tested, made = set(splits.loc[splits["split"] == "test", "fold"].tolist()), int(splits["fold"].max()) + 1
    if tested != {fold} or made != folds:
        at_hand = f"of {made} folds tests {', '.join(map(str, sorted(tested)))}" if made else "was made without folds"
        msg = f"`folds` is {folds} and `fold` is {fold}, but the split at hand {at_hand}: make the split anew with these parameters, as"
        msg += " the whole pipeline does, or give those that it was made with."
        raise UserError(msg)


def keep_fold(
    scores: pd.DataFrame, splits: pd.DataFrame, fingerprint: str, leakage_report: Mapping[str, Any], folds: int | None, fold: int
) -> list[tuple[str, pd.DataFrame]]:
    """Name the scores of a fold's test cases, as they are kept for the runs of the other folds.

    Args:
        scores: Of the cases of all splits, with their `split`.
        splits: See `require_fold`.
        fingerprint: Of the recipe.
        leakage_report: `protocol`, and whether the split is `leaky`.
        folds: Number of folds, or none.
        fold: Which of them is the test set.

    Returns:
        Name and scores; nothing where the run is no fold or leaks.

    Raises:
        UserError: See `require_fold`.
    """
    if not folds or leakage_report["leaky"] or leakage_report["protocol"] != "patient":
        return []
    require_fold(splits, folds, fold)
    return [(name_fold(fingerprint, folds, fold), scores[scores["split"] == "test"])]


def require_split(splits: pd.DataFrame, made: str, protocol: str, folds: int | None, fold: int) -> None:
    """Refuse to train on a split that an earlier run made for something else, as far as a split tells.

    Args:
        splits: Columns `split, fold`.
        made: Protocol that it was made under.
        protocol: The one that is asked for.
        folds: Number of folds that are asked for, or none.
        fold: Which of them, or of the published ones, is the test set.

    Raises:
        UserError: Where it was made under another protocol, or for another fold.
    """
    if made != protocol:
        msg = f"`protocol` is {protocol}, but the split at hand was made under {made}: make the split anew with these parameters, as the"
        msg += " whole pipeline does, or give that protocol."
        raise UserError(msg)
    if folds or protocol == "official":
        require_fold(splits, folds or int(splits["fold"].max()) + 1, fold)


def require_once(tested: pd.Series[str], fingerprint: str) -> None:
    """Make sure that no case was tested in two folds of a cross-validation.

    Args:
        tested: Cases of all folds.
        fingerprint: Under which their scores are kept.

    Raises:
        UserError: Naming the first case that was.
    """
    twice = tested[tested.duplicated()]
    if len(twice):
        msg = (
            f"{twice.iloc[0]} is tested in two of the folds that are kept, so that some were made with another split (`seed`) than others:"
        )
        msg += f" remove the folder {fingerprint} in data/07_model_output, and run all folds again."
        raise UserError(msg)
