"""What classifiers learn from, and how its groups are dealt into folds."""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Whole = npt.NDArray[np.int64]

INNER_FOLDS = 3

_DEAL = 62  # purpose of randomness


class Cohort(NamedTuple):
    """What classifiers learn from.

    Attributes:
        features: One row a case, NaN where a region does not define a feature.
        labels: Number of each case's class.
        groups: Group of each case, which no fold tears apart.
    """

    features: pd.DataFrame
    labels: Whole
    groups: npt.NDArray[Any]

    def take(self, rows: Rows) -> Cohort:
        """Take some cases."""
        return Cohort(self.features.iloc[rows], self.labels[rows], self.groups[rows])


def list_kinds(groups: npt.ArrayLike, labels: npt.ArrayLike) -> pd.Series[Any]:
    """Tell of which class each group is: the one that most of its cases have, of two the first.

    Args:
        groups: Group of each case.
        labels: Class of each case, its name or number.

    Example:
        >>> list_kinds(["p", "p", "p", "q"], ["b", "a", "b", "a"]).to_dict()
        {'p': 'b', 'q': 'a'}
    """
    table = pd.DataFrame({"group": groups, "label": labels})
    return table.groupby("group", sort=True)["label"].agg(lambda labels: labels.mode().iloc[0])


def deal_grouped(cohort: Cohort, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Deal whole groups into folds, the groups of every class evenly.

    scikit-learn's folds of this kind weigh images: a class of few patients may end in a single fold, and nobody learns it.

    Args:
        cohort: The cases; a group is of the class that `list_kinds` gives.
        folds: How many.
        seed: Of the draw.

    Returns:
        Rows to learn from and rows to judge by, a pair a fold.
    """
    kinds = list_kinds(cohort.groups, cohort.labels)
    rng, positions = np.random.default_rng([seed, _DEAL]), count()
    fold = {group: next(positions) % folds for _, of_class in kinds.groupby(kinds) for group in rng.permutation(of_class.index.to_numpy())}
    places = pd.Series(cohort.groups).map(fold).to_numpy()
    return [(np.flatnonzero(places != number), np.flatnonzero(places == number)) for number in range(folds)]
