"""The folds of a cross-validation, left by one run each and pooled when all are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from tumourflow.errors import UserError
from tumourflow.measures.definitions import agree_on_units, tell_units
from tumourflow.measures.seeds import measure_spread, put_side_by_side
from tumourflow.measures.summary import summarise_rows

CROSS_VALIDATED = "cross_validated"
"""Where the figures of a whole cross-validation stand among those of `train`, `validation` and `test`."""


class Tables(Protocol):
    """Tables that earlier runs have left."""

    def keys(self) -> list[str]:
        """List what is there."""

    def read(self, key: str) -> pd.DataFrame:
        """Read one."""


def name_fold(fingerprint: str, folds: int, fold: int, repeat: int = 0) -> str:
    """Name the scores of one fold, and of its repeats with other seeds.

    Example:
        >>> name_fold("5f2c", 3, 0), name_fold("5f2c", 3, 0, repeat=1)
        ('5f2c/3-0', '5f2c/3-0-seed1')
    """
    return f"{fingerprint}/{folds}-{fold}" + (f"-seed{repeat}" if repeat else "")


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


def pool_folds(tables: Tables, fingerprint: str, folds: int | None) -> dict[str, Any]:
    """Pool the out-of-fold scores of a cross-validation: every patient was tested once, by a network that never saw it.

    Args:
        tables: Scores of the test cases of each fold, under the names of `name_fold`.
        fingerprint: Of the recipe.
        folds: Number of folds; if not given, the largest number of which all folds are there, or else any.

    Returns:
        `complete`; `folds`, null where there is none; the folds that are `finished` and those that are `missing`; `cross_validated`, the
        figures of all patients together, and `mean_over_folds`, where complete; and else a `note` that says what to run.

    Raises:
        UserError: Where the folds were dealt out in more than one way, so that a case is tested twice.
    """
    chosen, done = find_folds(tables.keys(), fingerprint, folds)
    missing = [fold for fold in range(chosen) if fold not in done]
    record: dict[str, Any] = {"complete": bool(done) and not missing, "folds": chosen or None, "finished": done, "missing": missing}
    if not record["complete"]:
        return record | {"note": _say_what_is_missing(chosen, done, missing)}
    scores = [tables.read(name_fold(fingerprint, chosen, fold)) for fold in done]
    pooled = pd.concat(scores, ignore_index=True)
    require_once(pooled["case_id"], fingerprint)
    return record | {CROSS_VALIDATED: summarise_rows(pooled), "mean_over_folds": average_folds(scores)}


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


def find_folds(names: Iterable[str], fingerprint: str, folds: int | None = None) -> tuple[int, list[int]]:
    """Tell which folds have left something.

    Args:
        names: What is there, by the names of `name_fold`.
        fingerprint: Of the recipe.
        folds: Number of folds; if not given, the largest number of which all folds are there, or else any.

    Returns:
        The number of folds, 0 where there is none, and the folds that are there.

    Example:
        >>> find_folds(["5f2c/2-0", "5f2c/2-1", "5f2c/3-0"], "5f2c")
        (2, [0, 1])
    """
    there = set(names)
    known = {int(key.rpartition("/")[2].partition("-")[0]) for key in there if key.startswith(f"{fingerprint}/")}
    finished = {number: [fold for fold in range(number) if name_fold(fingerprint, number, fold) in there] for number in known}
    chosen = folds or max(known, key=lambda number: (len(finished[number]) == number, number), default=0)
    return chosen, finished.get(chosen, [])


def average_folds(scores: Sequence[pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Give the mean of every measure over the folds, with a 95 % interval of Student's t.

    The folds share most of their training patients, so that the interval is too narrow for another cohort; that over the pooled
    patients is the one to quote.

    Args:
        scores: Scores of the test cases of each fold, two at least.

    Returns:
        `{measure: {value, low, high, n, unit}}`, without measures that some fold does not have.

    Reference:
        Bengio and Grandvalet 2004, https://www.jmlr.org/papers/v5/grandvalet04a.html.
    """
    agreed = agree_on_units(scores)
    averaged = {}
    for name, values in put_side_by_side(agreed).items():
        mean, half = float(np.mean(values)), _half_interval(values)
        averaged[name] = {"value": mean, "low": mean - half, "high": mean + half, "n": len(values), "unit": "fold"}
    return tell_units(agreed[0], averaged)


def compare_seeds(tables: Tables, fingerprint: str, folds: int, seeds: int) -> dict[str, dict[str, Any]]:
    """Tell how far the pooled figures of a cross-validation move from one seed to the next.

    Args:
        tables: Scores of the test cases of each fold and seed; all must be there.
        fingerprint: Of the recipe.
        folds: Number of folds.
        seeds: Number of seeds, two at least.

    Returns:
        What `measure_spread` gives.
    """
    pooled = []
    for repeat in range(seeds):
        scores = [tables.read(name_fold(fingerprint, folds, fold, repeat)) for fold in range(folds)]
        pooled.append(pd.concat(scores, ignore_index=True))
    return measure_spread(pooled)


def _half_interval(values: Sequence[float]) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))


def _say_what_is_missing(folds: int, done: list[int], missing: list[int]) -> str:
    there = f" ({len(done)} of {folds} folds are there, {', '.join(map(str, missing))} missing)" if done else ""
    command = f"kedro run --pipeline=cross_validation --params=folds={folds or 5}"
    return f"No cross-validated figures yet{there}: {command}, with the same parameters."
