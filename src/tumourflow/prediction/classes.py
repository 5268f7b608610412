"""From prepared images to probabilities of classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import softmax

from tumourflow.imaging.layout import InputLayout
from tumourflow.prediction.forward import BATCH, batch_inputs, compile_logits
from tumourflow.prediction.views import Forward, average_views
from tumourflow.types import Float32


def predict_classes(
    model: keras.Model,
    images: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    *,
    mirrors: bool,
    batch: int = BATCH,
    rows: npt.NDArray[np.int64] | None = None,
) -> Iterator[Float32]:
    """Predict images batch by batch, in order; memory does not grow with their number.

    Args:
        model: Gives logits `(batch, classes)` from `(batch, height, width, layout.depth)`; it is not changed.
        images: Prepared images `(n, height, width, channels)`, possibly on disk.
        index: Table with `n` rows and the column `patient`, rows of a patient side by side in the order of the slices.
        layout: Order of the network's input channels.
        mirrors: Whether the probabilities of each image and of its left-right mirror image are averaged.
        batch: Images at a time.
        rows: Which images; by default all.

    Yields:
        Probabilities `(b, classes)` with `b <= batch`; rows add up to 1.
    """
    yield from predict_compiled(compile_logits(model), images, index, layout, mirrors=mirrors, batch=batch, rows=rows)


def predict_compiled(
    forward: Forward,
    images: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    *,
    mirrors: bool,
    batch: int = BATCH,
    rows: npt.NDArray[np.int64] | None = None,
) -> Iterator[Float32]:
    """Do what `predict_classes` does by a network that `compile_logits` has compiled."""
    for inputs, number in batch_inputs(images, index, layout, batch, rows):
        probability = softmax(forward(inputs), axis=1)
        if mirrors:
            mirrored = forward(np.ascontiguousarray(inputs[:, :, ::-1]))
            probability = average_views([probability, softmax(mirrored, axis=1)])
        yield np.asarray(probability[:number], np.float32)
