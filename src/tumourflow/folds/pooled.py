"""The figures of a whole cross-validation: of all patients together, in the mean over the folds, and from seed to seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.folds.checks import require_once
from tumourflow.folds.names import Tables, find_folds, read_folds
from tumourflow.measures.definitions import agree_on_units, tell_units
from tumourflow.measures.seeds import measure_spread
from tumourflow.measures.summary import summarise_rows
from tumourflow.types import CROSS_VALIDATED


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
    scores = read_folds(tables, fingerprint, chosen)
    pooled = pd.concat(scores, ignore_index=True)
    require_once(pooled["case_id"], fingerprint)
    return record | {CROSS_VALIDATED: summarise_rows(pooled), "mean_over_folds": average_folds(scores)}


def average_folds(scores: Sequence[pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Give the mean of every measure over the folds, with the lowest and the highest.

    How sure a figure is, is told by the interval over the pooled patients: folds share most of those they train on.

    Args:
        scores: Scores of the test cases of each fold.

    Returns:
        `{measure: {value, lowest, highest, n, unit}}`, of the `n` folds that have the measure, without measures that none has.

    Reference:
        Bengio and Grandvalet 2004, https://www.jmlr.org/papers/v5/grandvalet04a.html.
    """
    agreed = agree_on_units(scores)
    summaries = [summarise_rows(table) for table in agreed]
    averaged = {}
    for name in summaries[0]:
        values = [float(value) for summary in summaries if (value := summary[name]["value"]) is not None]
        if values:
            around = {"lowest": min(values), "highest": max(values)}
            averaged[name] = {"value": float(np.mean(values)), **around, "n": len(values), "unit": "fold"}
    return tell_units(pd.concat(agreed), averaged)


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
    return measure_spread([pd.concat(read_folds(tables, fingerprint, folds, repeat), ignore_index=True) for repeat in range(seeds)])


def _say_what_is_missing(folds: int, done: list[int], missing: list[int]) -> str:
    there = f" ({len(done)} of {folds} folds are there, {', '.join(map(str, missing))} missing)" if done else ""
    command = f"kedro run --pipeline=cross_validation --params=folds={folds or 5}"
    return f"No cross-validated figures yet{there}: {command}, with the same parameters."
