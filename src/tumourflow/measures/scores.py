"""Everything that is measured on one slice: a row of `case_scores`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.measures.counts import Counts, count_pixels
from tumourflow.measures.lesions import LesionCounts, count_lesions
from tumourflow.measures.losses import cross_entropy, soft_dice_loss
from tumourflow.measures.surface import SurfaceCounts, compare_surfaces, hausdorff_95
from tumourflow.types import Mask

Spacing = tuple[float, float]
UNKNOWN: Spacing = (math.nan, math.nan)
"""The spacing of pixels that nobody has measured."""

SCORES = (
    *Counts._fields,
    *("hd95", "hd95_mm"),
    *SurfaceCounts._fields,
    *LesionCounts._fields,
    "soft_dice_loss",
    "cross_entropy",
)
"""Names of the measures of a slice, in the order of the table's columns."""

READ = ["case_id", "mask", "pixel_height", "pixel_width"]
"""What of the table of cases a slice is measured by."""
DESCRIBED = ["case_id", "patient", "group", "site", "slice", "split"]
"""What a table of scores tells of a slice besides them."""


def list_scored(cases: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """List the slices that can be measured: those that have a mask, train, validation and test alike.

    Args:
        cases: The table of cases.
        splits: `case_id, split`.

    Returns:
        `DESCRIBED` and `READ` of each, sorted by patient and slice.
    """
    described = cases[[*DESCRIBED[:-1], *READ[1:]]].merge(splits[["case_id", "split"]], on="case_id")
    return described[described["mask"] != ""].sort_values(["patient", "slice", "case_id"], ignore_index=True)


def score_masks(truth: Mask, prediction: Mask, spacing: Spacing = UNKNOWN) -> dict[str, int | float]:
    """Measure one slice whose prediction is a mask alone.

    Args:
        truth: `(height, width)` booleans at native resolution.
        prediction: `(height, width)` booleans at native resolution.
        spacing: See `score_slice`.

    Returns:
        What `score_slice` gives; the losses are NaN, as there is no probability that they could be of.

    Raises:
        ValueError: If the masks differ in shape.
    """
    known = all(0 < side < math.inf for side in spacing)
    return {
        **count_pixels(truth, prediction)._asdict(),
        "hd95": hausdorff_95(truth, prediction),
        "hd95_mm": hausdorff_95(truth, prediction, spacing) if known else math.nan,
        **compare_surfaces(truth, prediction)._asdict(),
        **count_lesions(truth, prediction)._asdict(),
        "soft_dice_loss": math.nan,
        "cross_entropy": math.nan,
    }


def score_slice(
    truth: Mask,
    prediction: Mask,
    probability: npt.NDArray[np.floating[Any]],
    target: npt.NDArray[Any],
    spacing: Spacing = UNKNOWN,
) -> dict[str, int | float]:
    """Measure one slice.

    Args:
        truth: `(height, width)` booleans at native resolution.
        prediction: `(height, width)` booleans at native resolution.
        probability: `(size, size)` in 0..1 at the network's resolution.
        target: `(size, size)`, 0 or 1, the mask at the network's resolution.
        spacing: Height and width of a pixel in millimetres, NaN where they are not known.

    Returns:
        `tp, fp, fn, tn` (pixels), `hd95` (pixels, NaN where a mask is empty), `hd95_mm` (NaN where the spacing is not known, too),
        `surface_within, surface_length` (pixels), `lesions, lesions_found, findings, findings_confirmed`, `soft_dice_loss`,
        `cross_entropy`.

    Raises:
        ValueError: If masks that are compared differ in shape.
    """
    losses = {"soft_dice_loss": soft_dice_loss(probability, target), "cross_entropy": cross_entropy(probability, target)}
    return score_masks(truth, prediction, spacing) | losses
