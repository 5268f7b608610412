"""What a classifier loses once annotations are covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tumourflow.measures.class_figures import name_measures
from tumourflow.measures.class_units import PROBABILITY
from tumourflow.measures.classification import compare_classes, summarise_classes


def compare_covered(scores: pd.DataFrame, covered: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Compare each measure on covered images with the same on the images as they are.

    Args:
        scores: A table of scores.
        covered: Rows of one split of it, scored with annotations covered; those with nothing to cover as before.
        classes: Names of the classes.

    Returns:
        `split, measure, n, small_n, as_is, as_is_low, as_is_high, covered, covered_low, covered_high, difference, low, high`, one row a
        measure: the difference is that of covered minus as it is, with its paired 95 % interval over groups; `n` and `small_n` are of the
        covered figure. No rows where nothing was covered.
    """
    rows: list[dict[str, Any]] = []
    for split in sorted(set(covered["split"])):
        after = covered[covered["split"] == split]
        before = scores[scores["case_id"].isin(after["case_id"])]
        told = [summarise_classes(table, classes, PROBABILITY)[split] for table in (before, after)]
        for name in name_measures(classes):
            figure = told[1][name]
            row: dict[str, Any] = {"split": split, "measure": name, "n": figure["n"], "small_n": figure.get("small_n", False)}
            for state, figures in zip(("as_is", "covered"), told, strict=True):
                row |= {state: figures[name]["value"], f"{state}_low": figures[name]["low"], f"{state}_high": figures[name]["high"]}
            rows.append(row | compare_classes(after, before, classes, name))
    columns = ["split", "measure", "n", "small_n", "as_is", "as_is_low", "as_is_high", "covered", "covered_low", "covered_high"]
    return pd.DataFrame(rows, columns=[*columns, "difference", "low", "high"])


def describe_covered(differences: pd.DataFrame, changed: int) -> dict[str, Any]:
    """Put a comparison into the form of a metrics file.

    Args:
        differences: What `compare_covered` gave.
        changed: Number of images that covering changed.

    Returns:
        `{split, changed, <measure>: {value, low, high, n, unit, difference, difference_low, difference_high}}`, with `small_n` where fewer
        than 10 groups count; empty where nothing was covered.
    """
    if differences.empty:
        return {}
    figures = {
        row["measure"]: {
            "value": row["covered"],
            "low": row["covered_low"],
            "high": row["covered_high"],
            "n": int(row["n"]),
            "unit": "image",
            "difference": row["difference"],
            "difference_low": row["low"],
            "difference_high": row["high"],
            **({"small_n": True} if row["small_n"] else {}),
        }
        for row in differences.astype(object).where(differences.notna(), None).to_dict("records")
    }
    return {"split": str(differences["split"].iloc[0]), "changed": changed, **figures}
