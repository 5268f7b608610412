"""Which of many a figure shows."""

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
    chosen = [with_tumour[place] for place in spread_evenly(len(with_tumour), number)]
    return sorted([*chosen, *(without[place] for place in spread_evenly(len(without), number - len(chosen)))])


def spread_evenly(number: int, most: int) -> list[int]:
    """Choose places evenly among some, from the first to the last.

    Args:
        number: How many there are.
        most: How many are chosen at most.

    Example:
        >>> spread_evenly(9, 3), spread_evenly(2, 3)
        ([0, 4, 8], [0, 1])
    """
    places: list[int] = np.linspace(0, number - 1, min(most, number)).round().astype(int).tolist()
    return places


def _middle(rows: pd.Index) -> int:
    return int(rows[len(rows) // 2])
