"""How well the network does on the validation patients while it trains."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout, neighbour_rows, stack_context
from tumourflow.imaging.model_input import labelled_rows
from tumourflow.measures.losses import FOCAL_GAMMA, FOCAL_TUMOUR_WEIGHT, LOSSES_OF_SUMS, LossSums, tversky_ratio
from tumourflow.measures.overlap import dice
from tumourflow.training.devices import Learner

Rows = npt.NDArray[np.int64]

MEASURES = ("validation_dice", "validation_tversky", "validation_loss")
"""Names of what `Score` holds."""


class Score(NamedTuple):
    """Result of one validation.

    Attributes:
        dice: Volume Dice at the network's resolution and threshold .5, mean over the patients with tumour, 0..1.
        tversky: Volume Tversky index of the same masks: below the Dice where more is missed than false, above it where less is.
        loss: The loss that is trained, over all slices together.
    """

    dice: float
    tversky: float
    loss: float


@dataclass(frozen=True)
class HeldOut:
    """Slices that a network is judged by while it trains.

    Attributes:
        images: `(n, height, width, channels)`, may lie on disk.
        rows: Rows of the validation slices that can be judged.
        neighbours: Rows of every slice's neighbours.
        layout: The network's input channels.
        batch: Slices a forward pass.
    """

    images: npt.NDArray[Any]
    rows: Rows
    neighbours: Rows
    layout: InputLayout
    batch: int

    def predict(self, model: Learner) -> Iterator[tuple[Rows, npt.NDArray[np.float32]]]:
        """Predict the slices batch by batch.

        Yields:
            Rows, and the network's logits `(len(rows), ...)`.
        """
        for first in range(0, len(self.rows), self.batch):
            rows = self.rows[first : first + self.batch]
            yield rows, self._forward(model, rows)

    def estimate_seconds(self, model: Learner) -> float:
        """Compile the forward pass and estimate what a validation will take.

        Args:
            model: Network to predict with; not changed.

        Returns:
            Seconds.
        """
        if not len(self.rows):
            return 0.0
        self._forward(model, self.rows[:1])
        started = time.perf_counter()
        self._forward(model, self.rows[: self.batch])
        return (time.perf_counter() - started) * math.ceil(len(self.rows) / self.batch)

    def _forward(self, model: Learner, rows: Rows) -> npt.NDArray[np.float32]:
        # Filled up to a full batch, since one of another size would be compiled for itself.
        padded = np.resize(rows, self.batch)
        return model.predict_on_batch(stack_context(self.images, padded, self.neighbours, self.layout))[: len(rows)]


@dataclass(frozen=True)
class Validator:
    """Predicts the validation patients and compares; without any it has nothing to say.

    Attributes:
        held_out: The validation slices that have a mask.
        masks: `(n, height, width)`, 0 or 1, may lie on disk.
        patients: Number of the patient of each of the validation slices, counted from 0.
        loss: Name of the loss, a key of `LOSSES`.
    """

    held_out: HeldOut
    masks: npt.NDArray[Any]
    patients: Rows
    loss: str = "dice_cross_entropy"
    measures = MEASURES

    def score(self, model: Learner) -> Score:
        """Predict all validation slices.

        Args:
            model: Network from `(batch, height, width, depth)` to logits.

        Returns:
            Volume Dice, Tversky index and loss, NaN where nobody validates.
        """
        rows = self.held_out.rows
        if not len(rows):
            return Score(math.nan, math.nan, math.nan)
        counts = np.vstack([_count(logits[..., 0], np.asarray(self.masks[some], bool)) for some, logits in self.held_out.predict(model)])
        overlap, predicted, true = (np.bincount(self.patients, counts[:, column]) for column in range(3))
        overlap, predicted, true = (each[true > 0] for each in (overlap, predicted, true))
        volume_dice = dice(overlap, predicted - overlap, true - overlap)
        index = tversky_ratio(overlap, predicted, true, smoothing=0)
        sums = LossSums._make([*counts[:, 3:].sum(axis=0), len(rows) * self.masks[0].size])
        return Score(float(volume_dice.mean()), float(index.mean()), float(LOSSES_OF_SUMS[self.loss](sums)))

    def estimate_seconds(self, model: Learner) -> float:
        """Compile the forward pass and estimate what a validation will take, in seconds."""
        return self.held_out.estimate_seconds(model)


def make_validator(
    images: npt.NDArray[Any],
    masks: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    batch: int,
    loss: str = "dice_cross_entropy",
) -> Validator:
    """Find the validation patients.

    Args:
        images: `(n, height, width, channels)`.
        masks: `(n, height, width)`, 0 or 1.
        index: Table with `patient`, `split` and `tumour`, and `labelled` where slices may lack a mask; row number is position in the
            arrays.
        layout: The network's input channels.
        batch: Slices a forward pass.
        loss: Name of the loss that is trained, a key of `LOSSES`.

    Returns:
        The validator, without rows where all patients train.

    Raises:
        UserError: Where no validation patient has a tumour, so that nothing could be chosen by Dice.
    """
    chosen = labelled_rows(index, "validation")
    tumour = index["tumour"].to_numpy(dtype=bool)
    everybody_trains = bool((index["split"] == "train").all())
    if not everybody_trains and not (chosen & tumour).any():
        found = index.loc[chosen, "patient"].nunique()
        msg = f"None of the {found} validation patients with masks has a tumour: the split needs one to choose the best weights by."
        raise UserError(msg)
    patients = pd.factorize(index.loc[chosen, "patient"])[0].astype(np.int64)
    held_out = HeldOut(images, np.flatnonzero(chosen), neighbour_rows(index, layout.context), layout, batch)
    return Validator(held_out, masks, patients, loss)


def _count(logits: npt.NDArray[Any], truth: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    z = logits.astype(np.float64)
    p = expit(z)
    predicted = z > 0
    against = np.where(truth, -z, z)
    entropy = np.logaddexp(0, against)
    focal = np.where(truth, FOCAL_TUMOUR_WEIGHT, 1 - FOCAL_TUMOUR_WEIGHT) * expit(against) ** FOCAL_GAMMA * entropy
    fields = (predicted & truth, predicted, truth, p * truth, p, truth, entropy, focal)
    return np.stack([field.sum(axis=(1, 2), dtype=np.float64) for field in fields], axis=1)
