"""What one kind of training is about; all else is the same for every kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.layout import InputLayout
from tumourflow.training.batches import AnyBatch
from tumourflow.training.devices import Learner


class Validator(Protocol):
    """Tells how well a network does on the validation patients."""

    @property
    def measures(self) -> Sequence[str]:
        """Names of what `score` gives; by the first the best weights are chosen, so that there higher must be better."""

    def score(self, model: Learner) -> Sequence[float]:
        """Predict all validation images and measure, NaN where nobody validates."""

    def estimate_seconds(self, model: Learner) -> float:
        """Compile the forward pass and estimate what a validation will take."""


@dataclass(frozen=True)
class Task:
    """What one kind of training is about.

    Attributes:
        network: Name of the network, for people.
        index: Table of the prepared slices, with `case_id`; all that decides what is trained on.
        layout: The network's input channels.
        sides: Height and width of the images.
        coarse: Share of the training that sees images of half the height and width.
        rows: Gives the rows of the batch of a number, counted from 0.
        make_batch: Makes it; threads may call it at once.
        validator: Scores the network.
        build: Builds and compiles the network as it is before the first step, for images of any size.
    """

    network: str
    index: pd.DataFrame
    layout: InputLayout
    sides: tuple[int, int]
    coarse: float
    rows: Callable[[int], npt.NDArray[np.int64]]
    make_batch: Callable[[int], AnyBatch]
    validator: Validator
    build: Callable[[], keras.Model]
