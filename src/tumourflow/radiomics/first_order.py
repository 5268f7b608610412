"""Brightness of a region, wherever its pixels are."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from tumourflow.radiomics.types import Features, ratio
from tumourflow.types import Float32

NAMES = (
    "mean",
    "variance",
    "skewness",
    "kurtosis",
    "median",
    "minimum",
    "percentile_10",
    "percentile_90",
    "maximum",
    "interquartile_range",
    "range",
    "mean_absolute_deviation",
    "robust_mean_absolute_deviation",
    "median_absolute_deviation",
    "coefficient_of_variation",
    "quartile_coefficient_of_dispersion",
    "root_mean_square",
    "energy",
)


def measure_first_order(values: Float32) -> Features:
    """Measure the grey values of a region.

    Args:
        values: One a pixel, `(pixels,)`.

    Returns:
        IBSI's intensity-based statistics under its names; `variance` is that of the pixels themselves (divided by their number),
        `kurtosis` is 0 for a normal distribution. Skewness and kurtosis of constant values are 0. All NaN where there is no pixel.

    Reference:
        Zwanenburg 2020, doi:10.1148/radiol.2020191145.

    Example:
        >>> found = measure_first_order(np.array([1, 1, 3, 3], np.float32))
        >>> found["mean"], found["variance"], found["kurtosis"]
        (2.0, 1.0, -2.0)
    """
    if not values.size:
        return dict.fromkeys(NAMES, np.nan)
    known = np.sort(values.astype(np.float64))
    p10, q1, median, q3, p90 = np.percentile(known, [10, 25, 50, 75, 90])
    mean, spread = known.mean(), known.std()
    middle = known[np.searchsorted(known, p10, "left") : np.searchsorted(known, p90, "right")]
    numbers = {
        "mean": mean,
        "variance": spread**2,
        "skewness": _moment(known, mean, spread, 3),
        "kurtosis": _moment(known, mean, spread, 4) - 3 if spread else 0,
        "median": median,
        "minimum": known[0],
        "percentile_10": p10,
        "percentile_90": p90,
        "maximum": known[-1],
        "interquartile_range": q3 - q1,
        "range": known[-1] - known[0],
        "mean_absolute_deviation": np.abs(known - mean).mean(),
        # Between percentiles of few pixels there may be none.
        "robust_mean_absolute_deviation": np.abs(middle - middle.mean()).mean() if middle.size else np.nan,
        "median_absolute_deviation": np.abs(known - median).mean(),
        "coefficient_of_variation": ratio(spread, mean),
        "quartile_coefficient_of_dispersion": ratio(q3 - q1, q3 + q1),
        "root_mean_square": np.sqrt(np.square(known).mean()),
        "energy": np.square(known).sum(),
    }
    return {name: float(number) for name, number in numbers.items()}


def _moment(values: npt.NDArray[np.float64], mean: float, spread: float, power: Literal[3, 4]) -> float:
    if not spread:
        return 0.0
    shares = (values - mean) / spread
    # A power that is no square takes NumPy ten times as long as products.
    raised = shares * shares * shares if power == 3 else np.square(np.square(shares))
    return float(raised.mean())
