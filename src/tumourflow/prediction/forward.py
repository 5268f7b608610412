"""From prepared slices to probabilities at the network's resolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from tumourflow.imaging.layout import InputLayout, neighbour_rows, stack_context
from tumourflow.networks import compile_forward, fold_normalisation
from tumourflow.prediction.patient_forward import Forward, PatientForward, Stretch, divide_by_sample, give_logits
from tumourflow.types import Float32

BATCH = 16


def predict_probabilities(
    model: keras.Model,
    images: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    *,
    mirrors: bool,
    patient_statistics: bool,
    batch: int = BATCH,
    rows: npt.NDArray[np.int64] | None = None,
) -> Iterator[Float32]:
    """Predict slices batch by batch, in order; memory does not grow with their number.

    Args:
        model: Gives logits `(batch, height, width, 1)` from `(batch, height, width, layout.depth)`; it is not changed.
        images: Prepared slices `(n, height, width, channels)`, possibly on disk.
        index: Table with `n` rows and the column `patient`, rows of a patient side by side in the order of the slices.
        layout: Order of the network's input channels.
        mirrors: Whether the probabilities of each slice and of its left-right mirror image are averaged.
        patient_statistics: Whether normalisations take each patient's own statistics, as `PatientForward` has it.
        batch: Slices at a time.
        rows: Which slices; by default all.

    Yields:
        Probabilities of tumour, `(b, height, width)` with `b <= batch`, 0..1.
    """
    forward = PatientForward(model) if patient_statistics else compile_logits(model)
    views = predict_views(forward, images, index, layout, views=list_views(mirrors=mirrors), batch=batch, rows=rows)
    yield from map(average_views, views)


def list_views(*, mirrors: bool) -> tuple[bool, ...]:
    """List the views of each slice for `predict_views`: the slice itself, and its mirror image where that is wanted."""
    return (False, True) if mirrors else (False,)


def average_views(probabilities: Sequence[Float32]) -> Float32:
    """Average the probabilities of one view or two."""
    return probabilities[0] if len(probabilities) == 1 else np.float32(0.5) * (probabilities[0] + probabilities[1])


def predict_views(
    forward: Forward | PatientForward,
    images: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    *,
    views: Sequence[bool],
    batch: int = BATCH,
    rows: npt.NDArray[np.int64] | None = None,
) -> Iterator[list[Float32]]:
    """Predict slices batch by batch by a network that was compiled before, keeping its views apart.

    Args:
        forward: What `compile_logits` gave for a network as `predict_probabilities` takes it, or a `PatientForward`, for which the
            patients of many slices have batches of their own, and all of their slices in `index` count, whichever are asked for.
        images: As in `predict_probabilities`; so are `index`, `layout`, `batch` and `rows`.
        index: See there.
        layout: See there.
        views: Whether the network sees the mirror image, for each time it is asked.
        batch: See there.
        rows: See there.

    Yields:
        For each view, brought back to how the slice lies, the probabilities of tumour, `(b, height, width)` with `b <= batch`, 0..1.
    """
    neighbours = neighbour_rows(index, layout.context)
    wanted = np.arange(len(index)) if rows is None else rows
    for stretch in divide_by_sample(index["patient"], wanted) if isinstance(forward, PatientForward) else [Stretch(wanted, None)]:
        sample = None if stretch.sample is None else stack_context(images, stretch.sample, neighbours, layout)
        ask = forward.adapt(sample) if isinstance(forward, PatientForward) else forward
        for inputs, number in _stack_batches(images, stretch.rows, neighbours, layout, batch):
            yield [_predict_view(ask, inputs, mirrored)[:number] for mirrored in views]


def batch_inputs(
    images: npt.NDArray[Any], index: pd.DataFrame, layout: InputLayout, batch: int, rows: npt.NDArray[np.int64] | None = None
) -> Iterator[tuple[Float32, int]]:
    """Stack what the network sees of slices, batch by batch, in order.

    Args:
        images: As in `predict_probabilities`; so are `index`, `layout`, `batch` and `rows`.
        index: See there.
        layout: See there.
        batch: See there.
        rows: See there.

    Yields:
        Inputs `(batch, height, width, layout.depth)`, and how many of them are slices: the last batch is filled up.
    """
    wanted = np.arange(len(index)) if rows is None else rows
    yield from _stack_batches(images, wanted, neighbour_rows(index, layout.context), layout, batch)


def _stack_batches(
    images: npt.NDArray[Any], rows: npt.NDArray[np.int64], neighbours: npt.NDArray[np.int64], layout: InputLayout, batch: int
) -> Iterator[tuple[Float32, int]]:
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


def _predict_view(forward: Forward, inputs: Float32, mirrored: bool) -> Float32:
    if not mirrored:
        return _give_probability(forward(inputs))
    return _give_probability(forward(np.ascontiguousarray(inputs[:, :, ::-1])))[:, :, ::-1]


def _give_probability(logits: Float32) -> Float32:
    return np.asarray(expit(logits[..., 0]), np.float32)


def fill_up(inputs: Float32, batch: int) -> Float32:
    """Repeat the last of `(n, ...)` inputs until there are `batch`."""
    # Another shape would compile the network once more, which costs longer than the batch.
    missing = batch - len(inputs)
    return np.concatenate([inputs, np.repeat(inputs[-1:], missing, axis=0)]) if missing else inputs
