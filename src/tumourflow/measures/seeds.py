"""How far figures move from one seed of a training to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.measures.definitions import agree_on_units, tell_units
from tumourflow.measures.summary import summarise_rows

BETWEEN_SEEDS = "between_seeds"
"""Where the spread stands among the figures."""


def measure_spread(tables: Sequence[pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Tell how far every figure moves from one seed to the next.

    Args:
        tables: Scores of the same slices by the network of each seed, two at least.

    Returns:
        `{measure: {values, standard_deviation}}`: a value a seed, and their sample standard deviation; without measures that some seed
        does not have.
    """
    agreed = agree_on_units(tables)
    by_name = _put_side_by_side(agreed).items()
    spread = {name: {"values": values, "standard_deviation": float(np.std(values, ddof=1))} for name, values in by_name}
    return tell_units(agreed[0], spread)


def spread_by_split(scores: pd.DataFrame) -> dict[str, dict[str, dict[str, Any]]]:
    """Tell how far the figures of each split move from one seed to the next.

    Args:
        scores: Columns of `case_scores` and `seed`, one row a slice and seed.

    Returns:
        `{split: {measure: {values, standard_deviation}}}`, seeds in ascending order; splits without a row are left out.
    """
    [agreed] = agree_on_units([scores])
    splits = agreed.groupby("split", sort=False)
    return {str(split): measure_spread([rows for _, rows in of_split.groupby("seed", sort=True)]) for split, of_split in splits}


def _put_side_by_side(tables: Sequence[pd.DataFrame]) -> dict[str, list[float]]:
    summaries = [summarise_rows(table) for table in tables]
    values = {name: [summary[name]["value"] for summary in summaries] for name in summaries[0]}
    return {name: [float(value) for value in those if value is not None] for name, those in values.items() if None not in those}
