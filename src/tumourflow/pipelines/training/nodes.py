"""Nodes of the training room."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.augmentation import read_policy
from tumourflow.options import TrainingOptions
from tumourflow.types import KerasModel


class PreparedSlices(Protocol):
    """What the array store of prepared slices offers."""

    index: pd.DataFrame

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """The memory-mapped array of that name."""


def train_network(
    model_input: PreparedSlices,
    augmentation_policy: Mapping[str, Any],
    options: TrainingOptions,
    seed: int,
    training_listener: Callable[[dict[str, float]], None],
) -> tuple[KerasModel, pd.DataFrame, str]:
    """Train the network on the training slices and keep the weights that do best on the validation patients.

    Args:
        model_input: Prepared slices: arrays `images` and `masks`, and an index with `patient`, `slice`, `split` and `tumour`.
        augmentation_policy: Ranges of change and the network's input channels, as the augmentation room records them.
        options: Which network, how and for how long.
        seed: Seed of everything random.
        training_listener: Called with the figures of the training while it goes on.

    Returns:
        The network, the training curves (one row a validation) and the table of its layers.
    """
    from tumourflow.training import train_segmenter

    augmentation, layout = read_policy(augmentation_policy)
    trained = train_segmenter(
        model_input["images"],
        model_input["masks"],
        model_input.index,
        layout,
        augmentation=augmentation,
        options=options,
        seed=seed,
        listener=training_listener,
    )
    return trained.model, trained.curves, trained.summary
