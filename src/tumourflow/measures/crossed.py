"""How sure a figure is that was measured on patients and under random labelings at once."""

from __future__ import annotations

import numpy as np

from tumourflow.measures.intervals import Floats, Interval
from tumourflow.measures.resampling import RESAMPLES, SEED

_WEIGHTS_AT_ONCE = 2**22


def bootstrap_crossed(hits: Floats, counts: Floats) -> Interval:
    """Give the share of hits with a 95 % percentile bootstrap over patients and, independently, over labelings.

    Patients differ from one another, and every labeling moves all of them: to resample only one of the two would pass the other's chance
    off as certainty. Where neither matters by itself, the interval is wider than it need be, never narrower.

    Args:
        hits: Images told right, `(patients, labelings)`.
        counts: Images of each patient, `(patients,)`, all above 0.

    Returns:
        The interval; all NaN when there is no patient.

    Reference:
        Owen 2007, the pigeonhole bootstrap, doi:10.1214/07-AOAS122.

    Example:
        >>> bootstrap_crossed(np.array([[1.0, 1.0], [3.0, 3.0]]), np.array([2.0, 6.0]))
        Interval(value=0.5, low=0.5, high=0.5)
    """
    patients, labelings = hits.shape
    if not patients:
        return Interval(np.nan, np.nan, np.nan)
    rng = np.random.default_rng(SEED)
    rows = max(_WEIGHTS_AT_ONCE // patients, 1)
    shares = []
    for first in range(0, RESAMPLES, rows):
        size = min(rows, RESAMPLES - first)
        drawn = rng.multinomial(patients, np.full(patients, 1 / patients), size).astype(np.float64)
        labels = rng.multinomial(labelings, np.full(labelings, 1 / labelings), size) / labelings
        shares.append(((drawn @ hits) * labels).sum(axis=1) / (drawn @ counts))
    # Rounding may carry a share of one a little beyond it.
    low, high = np.percentile(np.minimum(np.concatenate(shares), 1), [2.5, 97.5])
    return Interval(float(hits.mean(axis=1).sum() / counts.sum()), float(low), float(high))
