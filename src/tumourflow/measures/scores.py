"""Everything that is measured on one slice: a row of `case_scores`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tumourflow.measures.counts import Counts, count_pixels
from tumourflow.measures.lesions import LesionCounts, count_lesions
from tumourflow.measures.losses import cross_entropy, soft_dice_loss
from tumourflow.measures.surface import SurfaceCounts, compare_surfaces, hausdorff_95
from tumourflow.types import Mask

SCORES = (
    *Counts._fields,
    "hd95",
    *SurfaceCounts._fields,
    *LesionCounts._fields,
    "soft_dice_loss",
    "cross_entropy",
)
"""Names of the measures of a slice, in the order of the table's columns."""


def score_masks(truth: Mask, prediction: Mask) -> dict[str, int | float]:
    """Measure one slice whose prediction is a mask alone.

    Args:
        truth: `(height, width)` booleans at native resolution.
        prediction: `(height, width)` booleans at native resolution.

    Returns:
        What `score_slice` gives; the losses are NaN, as there is no probability that they could be of.

    Raises:
        ValueError: If the masks differ in shape.
    """
    return {
        **count_pixels(truth, prediction)._asdict(),
        "hd95": hausdorff_95(truth, prediction),
        **compare_surfaces(truth, prediction)._asdict(),
        **count_lesions(truth, prediction)._asdict(),
        "soft_dice_loss": float("nan"),
        "cross_entropy": float("nan"),
    }


def score_slice(
    truth: Mask, prediction: Mask, probability: npt.NDArray[np.floating[Any]], target: npt.NDArray[Any]
) -> dict[str, int | float]:
    """Measure one slice.

    Args:
        truth: `(height, width)` booleans at native resolution.
        prediction: `(height, width)` booleans at native resolution.
        probability: `(size, size)` in 0..1 at the network's resolution.
        target: `(size, size)`, 0 or 1, the mask at the network's resolution.

    Returns:
        `tp, fp, fn, tn` (pixels), `hd95` (pixels, NaN where a mask is empty), `surface_within, surface_length` (pixels),
        `lesions, lesions_found, findings, findings_confirmed`, `soft_dice_loss`, `cross_entropy`.

    Raises:
        ValueError: If masks that are compared differ in shape.
    """
    losses = {"soft_dice_loss": soft_dice_loss(probability, target), "cross_entropy": cross_entropy(probability, target)}
    return score_masks(truth, prediction) | losses
