"""Which features decide: what is lost where one is shuffled among cases that were not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.radiomics.choice import losses_of
from tumourflow.radiomics.cohort import Cohort, Floats, Rows, Whole
from tumourflow.radiomics.extract import FAMILIES, list_features
from tumourflow.radiomics.nested import Fold

REPEATS = 5
_SHUFFLE = 61  # purpose of randomness


def shuffle_features(cohort: Cohort, folds: Sequence[Fold], seed: int) -> pd.DataFrame:
    """Shuffle each feature, and each family of features together, among the held-out cases of each fold.

    Features that go together stand in for one another, so that each of them may seem to matter little: a family that is shuffled as a
    whole shows what they are worth together.

    Args:
        cohort: All cases.
        folds: The outer folds with their classifiers.
        seed: Of the shuffling.

    Returns:
        One row a case, one column a feature and one a family (`family shape`): by how much its loss grows, mean over five shuffles.

    Reference:
        Breiman 2001, doi:10.1023/A:1010933404324.
    """
    features = list_features(cohort.features.columns)
    families = {f"family {name}": [each for each in features if each.startswith(f"{name}_")] for name in FAMILIES}
    columns = {feature: [feature] for feature in features} | {name: members for name, members in families.items() if members}
    grown = np.zeros((len(cohort.labels), len(columns)))
    for number, fold in enumerate(folds):
        held_out = cohort.take(fold.judged)
        rng = np.random.default_rng([seed, _SHUFFLE, number])
        orders = np.stack([rng.permutation(len(fold.judged)) for _ in range(REPEATS)])
        # Features are scaled one by one, so that shuffling may as well come after it.
        values = fold.classifier.scale(held_out.features)
        before = losses_of(fold.classifier.tell_scaled(values), held_out.labels)
        for column, members in enumerate(columns.values()):
            places = cohort.features.columns.get_indexer(pd.Index(members))
            after = _shuffled_losses(fold, values, held_out.labels, places, orders)
            grown[fold.judged, column] = after - before
    return pd.DataFrame(grown, columns=list(columns))


def _shuffled_losses(fold: Fold, values: Floats, labels: Whole, places: Rows, orders: npt.NDArray[Any]) -> Floats:
    # All shuffles at once: a forest takes as long for one row as for a hundred.
    stacked = np.tile(values, (len(orders), 1, 1))
    for copy, order in zip(stacked, orders, strict=True):
        copy[:, places] = values[order][:, places]
    told = fold.classifier.tell_scaled(stacked.reshape(-1, values.shape[1]))
    losses = losses_of(told, np.tile(labels, len(orders)))
    return np.asarray(losses.reshape(len(orders), -1).mean(axis=0), np.float64)
