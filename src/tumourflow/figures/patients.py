"""From counts per slice to what figures show per patient."""

from __future__ import annotations

import pandas as pd

from tumourflow.measures.overlap import dice

_JUDGING_ORDER = ("test", "validation", "train")


def judged_split(scores: pd.DataFrame) -> str:
    """Name the split whose figures tell most: test, or validation where test is empty, or train where both are.

    Example:
        >>> judged_split(pd.DataFrame({"split": ["train", "validation"]}))
        'validation'
    """
    there = set(scores["split"])
    return next((split for split in _JUDGING_ORDER if split in there), _JUDGING_ORDER[0])


def patient_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Sum the counts of each patient's slices and take one Dice from the sums; patients without tumour have none and are left out.

    Args:
        scores: Rows of `case_scores`.

    Returns:
        One row a patient with tumour: `patient, split, site, tumour_pixels, dice`.

    Example:
        >>> rows = {"patient": ["a", "a"], "split": "test", "site": "", "tp": [1, 0], "fp": [0, 1], "fn": [0, 1]}
        >>> patient_scores(pd.DataFrame(rows))[["tumour_pixels", "dice"]].iloc[0].tolist()
        [2.0, 0.5]
    """
    plain = scores.astype({"patient": str, "split": str, "site": str})
    sums = plain.groupby(["patient", "split", "site"], as_index=False)[["tp", "fp", "fn"]].sum()
    sums["tumour_pixels"] = sums["tp"] + sums["fn"]
    sums = sums[sums["tumour_pixels"] > 0]
    sums["dice"] = dice(sums["tp"], sums["fp"], sums["fn"])
    return sums[["patient", "split", "site", "tumour_pixels", "dice"]].reset_index(drop=True)
