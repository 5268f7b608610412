"""The folds of a cross-validation, left by one run each and pooled when all are there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd

from tumourflow.measures.summary import summarise_rows

CROSS_VALIDATED = "cross_validated"
"""Where the figures of a whole cross-validation stand among those of `train`, `validation` and `test`."""


class Tables(Protocol):
    """Tables that earlier runs have left."""

    def keys(self) -> list[str]:
        """List what is there."""

    def read(self, key: str) -> pd.DataFrame:
        """Read one."""


def fingerprint_recipe(cases: pd.DataFrame, recipe: Mapping[str, Any]) -> str:
    """Hash what makes the runs of a cross-validation one: the same cases under the same parameters.

    Args:
        cases: Columns `case_id, group, image, mask`; image and mask are hashes of pixels.
        recipe: Parameters that matter, in values that JSON knows.

    Returns:
        The first 32 hexadecimal digits of a SHA-256; neither the order of the rows nor that of the parameters matters.
    """
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode())
    for row in sorted(cases[["case_id", "group", "image", "mask"]].itertuples(index=False, name=None)):
        digest.update("\0".join(map(str, row)).encode() + b"\n")
    return digest.hexdigest()[:32]


def name_fold(fingerprint: str, folds: int, fold: int) -> str:
    """Name the scores of one fold.

    Example:
        >>> name_fold("5f2c", 3, 0)
        '5f2c/3-0'
    """
    return f"{fingerprint}/{folds}-{fold}"


def pool_folds(tables: Tables, fingerprint: str, folds: int | None) -> dict[str, Any]:
    """Pool the out-of-fold scores of a cross-validation: every patient was tested once, by a network that never saw it.

    Args:
        tables: Scores of the test cases of each fold, under the names of `name_fold`.
        fingerprint: Of the recipe.
        folds: Number of folds; if not given, the largest number of which all folds are there, or else any.

    Returns:
        `complete`; `folds`, null where there is none; the folds that are `finished` and those that are `missing`; `cross_validated`, the
        figures of all patients together, where complete; and else a `note` that says what to run.
    """
    there = set(tables.keys())
    known = {int(key.rpartition("/")[2].partition("-")[0]) for key in there if key.startswith(f"{fingerprint}/")}
    finished = {number: [fold for fold in range(number) if name_fold(fingerprint, number, fold) in there] for number in known}
    chosen = folds or max(known, key=lambda number: (len(finished[number]) == number, number), default=0)
    done = finished.get(chosen, [])
    missing = [fold for fold in range(chosen) if fold not in done]
    record: dict[str, Any] = {"complete": bool(done) and not missing, "folds": chosen or None, "finished": done, "missing": missing}
    if not record["complete"]:
        return record | {"note": _say_what_is_missing(chosen, done, missing)}
    pooled = pd.concat([tables.read(name_fold(fingerprint, chosen, fold)) for fold in done], ignore_index=True)
    return record | {CROSS_VALIDATED: summarise_rows(pooled)}


def _say_what_is_missing(folds: int, done: list[int], missing: list[int]) -> str:
    if not done:
        number, which = "folds=5", "each `fold` from 0 to 4"
    else:
        number, which = f"folds={folds}", f"`fold` {', '.join(map(str, missing))} ({len(done)} of {folds} folds are there)"
    return f"No cross-validated figures yet: run with the same parameters and --params={number},fold=F, for {which}."
