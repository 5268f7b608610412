"""Nodes of the training room."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Protocol

import pandas as pd

from tumourflow.datasets import ArrayStore, Checkpoint, fetch_weights
from tumourflow.imaging.augmentation import read_policy
from tumourflow.options import TrainingOptions
from tumourflow.types import KerasModel


class Listener(Protocol):
    """Follows a training."""

    def __call__(self, event: dict[str, float]) -> None:
        """Take the figures of the training so far."""

    def close(self) -> None:
        """Learn that the training is over, however it ended."""


def train_network(
    model_input: ArrayStore,
    augmentation_policy: Mapping[str, Any],
    options: TrainingOptions,
    seed: int,
    training_listener: Listener,
    training_checkpoint: Checkpoint,
) -> tuple[KerasModel, pd.DataFrame, str, dict[str, Any]]:
    """Train the network on the training slices and keep the weights that do best on the validation patients.

    Args:
        model_input: Prepared slices: arrays `images` and `masks`, and an index with `patient`, `slice`, `split`, `tumour` and `labelled`.
        augmentation_policy: Ranges of change and the network's input channels, as the augmentation room records them.
        options: Which network, how and for how long.
        seed: Seed of everything random.
        training_listener: Called with the figures of the training while it goes on, and closed at its end.
        training_checkpoint: Keeps the state of the training, should it be interrupted.

    Returns:
        The network, the training curves (one row a validation), the table of its layers, and what made it and what came out.
    """
    from tumourflow.training import train_segmenter

    augmentation, layout = read_policy(augmentation_policy)
    with closing(training_listener):
        trained = train_segmenter(
            model_input["images"],
            model_input["masks"],
            model_input.index,
            layout,
            augmentation=augmentation,
            options=options.model_copy(update={"weights": fetch_weights(options.weights)}),
            seed=seed,
            listener=training_listener,
            checkpoint=training_checkpoint,
        )
    # Weights are recorded by their address, not by where they were put on this machine.
    return trained.model, trained.curves, trained.summary, trained.record | {"options": options.describe()}
