"""How much each feature matters, with an interval over groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tumourflow.measures.intervals import bootstrap_ratio
from tumourflow.measures.summary import sum_by_patient

COLUMNS = ["feature", "importance", "low", "high", "n", "unit"]


def rank_features(increases: pd.DataFrame, groups: pd.Series[str]) -> pd.DataFrame:
    """Average by how much the loss of cases grows where a feature is shuffled, the feature that matters most first.

    Args:
        increases: One row a case, one column a feature.
        groups: Group of each case, which the bootstrap draws.

    Returns:
        `feature, importance, low, high, n, unit`: the mean increase of the loss and its 95 % interval; below 0 where the feature misled.

    Example:
        >>> table = rank_features(pd.DataFrame({"a": [0.0, 0.0], "b": [1.0, 1.0]}), pd.Series(["p", "q"]))
        >>> table["feature"].tolist(), table["low"].tolist()
        (['b', 'a'], [1.0, 0.0])
    """
    rows = []
    for name in increases:
        interval = bootstrap_ratio(sum_by_patient(increases[name].to_numpy(np.float64), groups))
        rows.append({"feature": name, "importance": interval.value, "low": interval.low, "high": interval.high})
    table = pd.DataFrame(rows).assign(n=len(increases), unit="image")
    return table.sort_values("importance", ascending=False, ignore_index=True, kind="stable")[COLUMNS]
