"""The forward pass of a network, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.layout import InputLayout, neighbour_rows, stack_context
from tumourflow.networks import compile_forward, fold_normalisation
from tumourflow.prediction.patient_forward import give_logits
from tumourflow.prediction.views import Forward
from tumourflow.types import Float32

BATCH = 16


def batch_inputs(
    images: npt.NDArray[Any], index: pd.DataFrame, layout: InputLayout, batch: int, rows: npt.NDArray[np.int64] | None = None
) -> Iterator[tuple[Float32, int]]:
    """Stack what the network sees of slices, batch by batch, in order.

    Args:
        images: Prepared slices `(n, height, width, channels)`, possibly on disk.
        index: Table with `n` rows and the column `patient`, rows of a patient side by side in the order of the slices.
        layout: Order of the network's input channels.
        batch: Slices at a time.
        rows: Which slices; by default all.

    Yields:
        Inputs `(batch, height, width, layout.depth)`, and how many of them are slices: the last batch is filled up.
    """
    wanted = np.arange(len(index)) if rows is None else rows
    yield from stack_batches(images, wanted, neighbour_rows(index, layout.context), layout, batch)


def stack_batches(
    images: npt.NDArray[Any], rows: npt.NDArray[np.int64], neighbours: npt.NDArray[np.int64], layout: InputLayout, batch: int
) -> Iterator[tuple[Float32, int]]:
    """Do what `batch_inputs` does, where the neighbours of each slice are known, as `neighbour_rows` gives them."""
    for start in range(0, len(rows), batch):
        some = rows[start : start + batch]
        yield fill_up(stack_context(images, some, neighbours, layout), batch), len(some)


def compile_logits(model: keras.Model) -> Forward:
    """Prepare the forward pass of a network.

    Args:
        model: Not changed.

    Returns:
        Function of `(batch, height, width, depth)` that gives the logits, float32; each size of a batch is compiled once.
    """
    folded = compile_forward(fold_normalisation(model))

    return lambda inputs: give_logits(folded(inputs))


def fill_up(inputs: Float32, batch: int) -> Float32:
    """Repeat the last of `(n, ...)` inputs until there are `batch`."""
    # Another shape would compile the network once more, which costs longer than the batch.
    missing = batch - len(inputs)
    return np.concatenate([inputs, np.repeat(inputs[-1:], missing, axis=0)]) if missing else inputs
