"""The folds of a classifier's cross-validation, left by one run each and pooled when all are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tumourflow.folds.checks import require_once
from tumourflow.folds.names import Tables, find_folds, read_folds
from tumourflow.measures.classification import summarise_classes
from tumourflow.types import CROSS_VALIDATED


def pool_class_folds(tables: Tables, fingerprint: str, folds: int | None, classes: Sequence[str]) -> dict[str, Any]:
    """Pool the out-of-fold images: every patient was tested once, by a network that never saw it.

    Args:
        tables: Scored test images of each fold, under the names of `name_fold`.
        fingerprint: Of the recipe.
        folds: Number of folds; if not given, the largest number of which all folds are there, or else any.
        classes: Names of the classes.

    Returns:
        `cross_validated`, the figures of all images together, and `folds`, where all are there; else a `note` that says what to run.

    Raises:
        UserError: Where the folds were dealt out in more than one way, so that a case is tested twice.
    """
    chosen, done = find_folds(tables.keys(), fingerprint, folds)
    missing = [str(fold) for fold in range(chosen) if fold not in done]
    if not chosen or missing:
        there = f" ({len(done)} of {chosen} folds are there, {', '.join(missing)} missing)" if done else ""
        command = f"kedro run --pipeline=classification --params=folds={chosen or 5},fold=NUMBER"
        return {"note": f"No cross-validated figures yet{there}: {command}, once a fold and with the same parameters."}
    pooled = pd.concat(read_folds(tables, fingerprint, chosen), ignore_index=True)
    require_once(pooled["case_id"], fingerprint)
    return {"folds": chosen, CROSS_VALIDATED: summarise_classes(pooled.assign(split="test"), classes)["test"]}
