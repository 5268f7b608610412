"""How well a classifier does on the validation patients while it trains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import log_softmax
from scipy.stats import rankdata

from tumourflow.imaging.layout import InputLayout, neighbour_rows
from tumourflow.training.classes import CLASS
from tumourflow.training.devices import Learner
from tumourflow.training.validation import HeldOut, Rows

CLASS_MEASURES = ("validation_auroc", "validation_balanced_accuracy", "validation_loss")
"""Names of what `ClassScore` holds."""


class ClassScore(NamedTuple):
    """Result of one validation of a classifier.

    Attributes:
        auroc: Area under the ROC curve, each class against the rest, mean over the classes.
        balanced_accuracy: Share of images whose most probable class is the right one, mean over the classes.
        loss: Cross-entropy without weights and smoothing, in nats, mean over the images.
    """

    auroc: float
    balanced_accuracy: float
    loss: float


@dataclass(frozen=True)
class ClassValidator:
    """Predicts the validation images and compares; without any it has nothing to say.

    Attributes:
        held_out: The validation images that have a class.
        classes: The class of each, counted from 0.
    """

    held_out: HeldOut
    classes: Rows
    measures = CLASS_MEASURES

    def score(self, model: Learner) -> ClassScore:
        """Predict all validation images.

        Args:
            model: Network from `(batch, height, width, depth)` to logits `(batch, classes)`.

        Returns:
            AUROC, balanced accuracy and loss, NaN where nobody validates.
        """
        if not len(self.classes):
            return ClassScore(math.nan, math.nan, math.nan)
        logits = np.concatenate([logits for _, logits in self.held_out.predict(model)]).astype(np.float64)
        return score_logits(logits, self.classes)

    def estimate_seconds(self, model: Learner) -> float:
        """Compile the forward pass and estimate what a validation will take, in seconds."""
        return self.held_out.estimate_seconds(model)


def make_class_validator(images: npt.NDArray[Any], index: pd.DataFrame, layout: InputLayout, batch: int) -> ClassValidator:
    """Find the validation images that have a class.

    Args:
        images: `(n, height, width, channels)`.
        index: Table with `patient`, `split` and `class`; row number is position in the arrays.
        layout: The network's input channels.
        batch: Images a forward pass.

    Returns:
        The validator, without rows where all patients train.
    """
    rows = np.flatnonzero((index["split"] == "validation") & (index[CLASS] >= 0))
    held_out = HeldOut(images, rows, neighbour_rows(index, layout.context), layout, batch)
    return ClassValidator(held_out, index[CLASS].to_numpy(np.int64)[rows])


def score_logits(logits: npt.NDArray[np.float64], classes: Rows) -> ClassScore:
    """Measure logits.

    Args:
        logits: `(n, classes)`.
        classes: The class of each image; a class without any has no AUROC and no accuracy, and does not count.

    Returns:
        The score.

    Example:
        >>> score_logits(np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]), np.array([0, 1, 1])).auroc
        0.5
    """
    chances = log_softmax(logits, axis=1)
    found, there = chances.argmax(axis=1), np.unique(classes)
    hits = [float(np.mean(found[classes == each] == each)) for each in there]
    areas = [_area(chances[:, each], classes == each) for each in there if len(there) > 1]
    loss = -chances[np.arange(len(classes)), classes].mean()
    return ClassScore(float(np.mean(areas)) if areas else math.nan, float(np.mean(hits)), float(loss))


def _area(chance: npt.NDArray[np.float64], is_it: npt.NDArray[np.bool_]) -> float:
    # The share of pairs that stand in the right order, by Mann and Whitney's sum of ranks.
    ranks, positive = rankdata(chance), int(is_it.sum())
    return float((ranks[is_it].sum() - positive * (positive + 1) / 2) / (positive * (len(is_it) - positive)))
