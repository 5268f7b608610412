"""Texture by co-occurrence: which grey levels lie side by side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumourflow.radiomics.discretise import LEVELS
from tumourflow.radiomics.types import Features, ratio

Floats = npt.NDArray[np.float64]

NAMES = (
    "joint_maximum",
    "joint_average",
    "joint_variance",
    "joint_entropy",
    "difference_average",
    "difference_variance",
    "difference_entropy",
    "sum_entropy",
    "angular_second_moment",
    "contrast",
    "inverse_difference",
    "normalised_inverse_difference",
    "inverse_difference_moment",
    "normalised_inverse_difference_moment",
    "inverse_variance",
    "correlation",
    "autocorrelation",
    "cluster_tendency",
    "cluster_shade",
    "cluster_prominence",
    "information_correlation_1",
    "information_correlation_2",
)
"""IBSI's, but for those that another one equals or doubles (dissimilarity, sum average, sum variance)."""


def count_neighbours(levels: npt.NDArray[np.uint8], number: int = LEVELS) -> Floats:
    """Count pairs of neighbouring pixels by their grey levels, in four directions and both ways.

    Args:
        levels: Grey levels `(height, width)` from 1 to `number`, 0 outside the region.
        number: How many there are.

    Returns:
        `(number, number, 4)`: pairs along rows, the rising diagonal, columns and the falling one; a pair with a pixel outside the region
        does not count.

    Example:
        >>> count_neighbours(np.array([[1, 2, 0]], np.uint8), 2)[:, :, 0].tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    from skimage.feature import graycomatrix

    angles = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
    pairs = graycomatrix(levels, [1], angles, levels=number + 1, symmetric=True)
    return np.asarray(pairs[1:, 1:, 0], np.float64)


def measure_glcm(pairs: Floats) -> Features:
    """Measure a co-occurrence matrix.

    Args:
        pairs: Counts `(levels, levels)`, symmetric; of several directions, summed up ("merged") or each by itself.

    Returns:
        Features of `NAMES`; all NaN without a pair, correlations NaN where there is a single grey level.

    Reference:
        Zwanenburg 2020, doi:10.1148/radiol.2020191145; Haralick 1973, doi:10.1109/TSMC.1973.4309314.
    """
    total = pairs.sum()
    if not total:
        return dict.fromkeys(NAMES, np.nan)
    p = pairs / total
    number = len(p)
    level = np.arange(1, number + 1)
    apart = np.abs(level[:, None] - level)
    differences = np.bincount(apart.ravel(), weights=p.ravel(), minlength=number).astype(np.float64)
    sums = np.bincount((level[:, None] + level).ravel(), weights=p.ravel(), minlength=2 * number + 1).astype(np.float64)
    step, twice = np.arange(number), np.arange(2 * number + 1)
    mean = float(p.sum(axis=1) @ level)
    variance = float(p.sum(axis=1) @ (level - mean) ** 2)
    difference = float(differences @ step)
    from_centre = twice - 2 * mean
    autocorrelation = float(level @ p @ level)
    numbers = {
        "joint_maximum": p.max(),
        "joint_average": mean,
        "joint_variance": variance,
        "joint_entropy": entropy(p),
        "difference_average": difference,
        "difference_variance": differences @ (step - difference) ** 2,
        "difference_entropy": entropy(differences),
        "sum_entropy": entropy(sums),
        "angular_second_moment": np.square(p).sum(),
        "contrast": differences @ step**2,
        "inverse_difference": differences @ (1 / (1 + step)),
        "normalised_inverse_difference": differences @ (1 / (1 + step / number)),
        "inverse_difference_moment": differences @ (1 / (1 + step**2)),
        "normalised_inverse_difference_moment": differences @ (1 / (1 + (step / number) ** 2)),
        "inverse_variance": differences[1:] @ (1 / step[1:] ** 2.0),
        "correlation": ratio(autocorrelation - mean**2, variance),
        "autocorrelation": autocorrelation,
        "cluster_tendency": sums @ from_centre**2,
        "cluster_shade": sums @ from_centre**3,
        "cluster_prominence": sums @ from_centre**4,
        **_measure_information(p),
    }
    return {name: float(numbers[name]) for name in NAMES}


def entropy(shares: Floats) -> float:
    """Give the entropy of a distribution in bits.

    Example:
        >>> entropy(np.array([0.5, 0.5, 0.0]))
        1.0
    """
    known = shares[shares > 0]
    return float(-(known * np.log2(known)).sum()) + 0.0


def _measure_information(p: Floats) -> dict[str, float]:
    edge = p.sum(axis=1)
    apart = edge[:, None] * edge
    joint, single = entropy(p), entropy(edge)
    known = p > 0
    crossed = float(-(p[known] * np.log2(apart[known])).sum())
    independent = entropy(apart)
    return {
        "information_correlation_1": ratio(joint - crossed, single),
        "information_correlation_2": float(np.sqrt(max(1 - np.exp(-2 * (independent - joint)), 0))),
    }
