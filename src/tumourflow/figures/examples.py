"""Which slices of a prepared cohort a contact sheet shows."""

from __future__ import annotations

import numpy as np
import pandas as pd


def choose_rows(index: pd.DataFrame, number: int) -> list[int]:
    """Choose one slice of each of some patients: the middle one of those with tumour, or of all where none has one.

    Args:
        index: Table of `patient, tumour`, one row a slice.
        number: Largest number of patients; those with tumour come first, taken evenly from the cohort's order.

    Returns:
        Positions of the rows, in the cohort's order.

    Example:
        >>> choose_rows(pd.DataFrame({"patient": list("aaabb"), "tumour": [False, True, True, False, False]}), 2)
        [2, 4]
    """
    positions = index.reset_index(drop=True).groupby("patient", sort=False)
    with_tumour: list[int] = []
    without: list[int] = []
    for _, slices in positions:
        showing = slices.index[slices["tumour"]]
        (with_tumour if len(showing) else without).append(_middle(showing if len(showing) else slices.index))
    chosen = _evenly(with_tumour, number)
    return sorted(chosen + _evenly(without, number - len(chosen)))


def _middle(rows: pd.Index) -> int:
    return int(rows[len(rows) // 2])


def _evenly(rows: list[int], number: int) -> list[int]:
    places = np.linspace(0, len(rows) - 1, min(number, len(rows))).round().astype(int)
    return [rows[place] for place in places]
