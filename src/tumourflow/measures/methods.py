"""Every method that was scored on the same cases and the same split, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.measures.definitions import PATIENT_MEASURES
from tumourflow.measures.effects import MEASURES, compare_sums, sum_measure
from tumourflow.measures.intervals import bootstrap_ratio

NETWORK, CLASSICAL = "network", "classical"
"""Kinds of methods: those that learned, and those whose parameters were merely tuned."""

COLUMNS = [
    *("method", "kind", "split", "measure", "value", "low", "high", "n", "unit", "small_n"),
    *("reference", "difference", "difference_low", "difference_high", "leaky"),
]


def name_method(data_fingerprint: str, kind: str, name: str) -> str:
    """Name what a method scored on the cases and the split of this fingerprint.

    Example:
        >>> name_method("5f2c", "classical", "otsu")
        '5f2c/classical/otsu'
    """
    return f"{data_fingerprint}/{kind}/{name}"


def split_name(key: str) -> tuple[str, str, str]:
    """Take apart what `name_method` made: fingerprint, kind and name."""
    fingerprint, kind, name = key.split("/")
    return fingerprint, kind, name


def keep_judged(scores: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of patients that judge or choose; those of training patients compare nothing."""
    return scores[scores["split"].isin(["validation", "test"])].reset_index(drop=True)


def choose_best(scores: Mapping[str, pd.DataFrame]) -> str:
    """Name the method with the highest volume Dice on validation patients, or on training patients where nobody validates.

    Args:
        scores: Rows of `case_scores` of each method, one method at least.

    Returns:
        Its name; of equal ones the first.
    """
    for split in ("validation", "train"):
        dice = {name: _mean(rows[rows["split"] == split]) for name, rows in scores.items()}
        if not all(np.isnan(value) for value in dice.values()):
            return max(dice, key=lambda name: np.nan_to_num(dice[name], nan=-1.0))
    return next(iter(scores))


def tabulate_methods(networks: Mapping[str, pd.DataFrame], classical: Mapping[str, pd.DataFrame], *, leaky: bool) -> pd.DataFrame:
    """Put every method's figures beside those of the best one, paired by patient.

    The reference is the network that is best on validation patients, or the classical method where there is no network: test patients
    choose nothing.

    Args:
        networks: Rows of `case_scores` of each network, of validation and test patients.
        classical: The same of each classical method, of the same cases.
        leaky: Whether the split leaks, so that no figure may be believed.

    Returns:
        `method, kind, split, measure, value, low, high, n, unit, small_n, reference, difference, difference_low, difference_high, leaky`,
        one row a method and measure, of the test patients, or of the validation patients where nobody tests; methods in falling order of
        their volume Dice. `difference` is that to the reference, missing for itself: a method is better or worse only where
        `difference_low` to `difference_high` leaves 0 out.
    """
    everything = {**networks, **classical}
    if not everything:
        return pd.DataFrame(columns=COLUMNS)
    split = "test" if any((rows["split"] == "test").any() for rows in everything.values()) else "validation"
    reference = choose_best(networks or classical)
    rows = []
    for name, scores in everything.items():
        for measure, unit in MEASURES.items():
            row = {"method": name, "kind": NETWORK if name in networks else CLASSICAL, "split": split, "measure": measure, "unit": unit}
            found = _compare(scores[scores["split"] == split], everything[reference], split, measure)
            rows.append({**row, **found, **(_NOTHING if name == reference else {}), "reference": reference, "leaky": leaky})
    table = pd.DataFrame(rows, columns=COLUMNS)
    first = table[table["measure"] == "volume_dice"].set_index("method")["value"].astype(float)
    order = first.sort_values(ascending=False, kind="stable").index
    ordered = table.assign(method=pd.Categorical(table["method"], order)).sort_values("method", kind="stable", ignore_index=True)
    return ordered.astype({"method": str})


_NOTHING = {"difference": None, "difference_low": None, "difference_high": None}


def _compare(scores: pd.DataFrame, reference: pd.DataFrame, split: str, measure: str) -> dict[str, Any]:
    own, other = sum_measure(scores, measure), sum_measure(reference[reference["split"] == split], measure)
    compared = compare_sums(other, own)
    difference = {"difference": compared["difference"], "difference_low": compared["low"], "difference_high": compared["high"]}
    return {**bootstrap_ratio(own).to_dict(), "n": compared["n"], "small_n": compared["small_n"], **difference}


def _mean(slices: pd.DataFrame) -> float:
    patients = slices.groupby("patient")[["tp", "fp", "fn"]].sum()
    dice = PATIENT_MEASURES["volume_dice"](patients)
    known = dice[~np.isnan(dice)]
    return float(known.mean()) if known.size else float("nan")
