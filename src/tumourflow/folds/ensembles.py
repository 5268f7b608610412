"""What the average of several networks is worth beside one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.folds.names import Tables, name_mean, read_folds
from tumourflow.measures.effects import MEASURES, compare_sums, sum_measure
from tumourflow.measures.intervals import PatientSums
from tumourflow.measures.summary import summarise_rows
from tumourflow.types import CROSS_VALIDATED


def judge_means(tables: Tables, fingerprint: str, folds: int, seeds: int) -> dict[str, Any]:
    """Tell what the average of the networks of several seeds reaches in a cross-validation, and what it is worth.

    Args:
        tables: Scores of the test cases of each fold, by seed and of the average.
        fingerprint: Of the recipe.
        folds: Number of folds.
        seeds: Number of seeds.

    Returns:
        `cross_validated`, the figures of the average over all patients, and `against_single_seeds`, see `compare_with_singles`; empty where
        some fold has no average.
    """
    there = set(tables.keys())
    names = [name_mean(fingerprint, folds, fold, seeds) for fold in range(folds)]
    if not there.issuperset(names):
        return {}
    mean = pd.concat(map(tables.read, names), ignore_index=True)
    singles = [pd.concat(read_folds(tables, fingerprint, folds, repeat), ignore_index=True) for repeat in range(seeds)]
    return {CROSS_VALIDATED: summarise_rows(mean), "against_single_seeds": compare_with_singles(mean, singles)}


def compare_with_singles(mean: pd.DataFrame, singles: Sequence[pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Compare the average of networks with what one of them reaches in the mean, paired by patient.

    Args:
        mean: Scores of the average, one row a slice: `patient, tp, fp, fn`.
        singles: Scores of each network on the same slices.

    Returns:
        `{measure: {single, ensemble, difference, low, high, n, unit, small_n}}`; the average is worth something only where `low` to `high`,
        the 95 % interval of the difference over patients, leaves 0 out.
    """
    compared = {}
    for measure, unit in MEASURES.items():
        sums = [sum_measure(each, measure) for each in singles]
        # Whether a slice or patient counts depends on the truth alone, so that all have the same denominators.
        single = PatientSums(np.mean([each.numerators for each in sums], axis=0), sums[0].denominators)
        found = compare_sums(single, sum_measure(mean, measure))
        compared[measure] = {"single": found.pop("without"), "ensemble": found.pop("with"), **found, "unit": unit}
    return compared
