"""From prepared slices to probabilities at the network's resolution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.layout import InputLayout, neighbour_rows, stack_context
from tumourflow.networks import free_sides
from tumourflow.options.prediction import WAYS
from tumourflow.prediction.forward import BATCH, compile_logits, stack_batches
from tumourflow.prediction.patient_forward import PatientForward, Rows, Stretch
from tumourflow.prediction.views import Forward, View, average_views, enlarge, list_views, predict_view
from tumourflow.types import Float32


class Adaptable(Protocol):
    """A forward pass that may depend on whose slices it is shown."""

    def divide(self, patients: pd.Series, rows: Rows) -> Iterator[Stretch]:
        """Divide slices by what they have to be adapted to, as `divide_by_sample` does."""

    def adapt(self, sample: Float32 | None) -> Forward:
        """Give the forward pass for slices of which these inputs are a sample, or of which there is none."""


class TrainedForward:
    """A forward pass that is the same for all."""

    def __init__(self, forward: Forward) -> None:
        """Take what `compile_logits` gave."""
        self._forward = forward

    def divide(self, patients: pd.Series, rows: Rows) -> Iterator[Stretch]:
        """Leave slices together."""
        del patients
        yield Stretch(rows, None)

    def adapt(self, sample: Float32 | None) -> Forward:
        """Give the one forward pass."""
        del sample
        return self._forward


class SlicePredictor:
    """A network that is ready to predict slices, and how it is asked; it is compiled once for all of them.

    Attributes:
        layout: Order of the network's input channels.
        views: What it is shown of each slice; their probabilities are averaged.
    """

    def __init__(self, forward: Adaptable, layout: InputLayout, *, mirrors: bool, multi_scale: bool = False) -> None:
        """Take the network's forward pass, for any size where `multi_scale` asks for more than one; see `make_predictor`."""
        self._forward = forward
        self.layout = layout
        self.views = list_views(mirrors=mirrors, multi_scale=multi_scale)

    def predict(self, images: npt.NDArray[Any], index: pd.DataFrame, rows: Rows | None = None, *, batch: int = BATCH) -> Iterator[Float32]:
        """Predict slices batch by batch, in order; memory does not grow with their number.

        Args:
            images: Prepared slices `(n, height, width, channels)`, possibly on disk.
            index: Table with `n` rows and the column `patient`, rows of a patient side by side in the order of the slices.
            rows: Which slices; by default all. The others are seen as neighbours, and count for the patient's statistics.
            batch: Slices at a time.

        Yields:
            Probabilities of tumour, `(b, height, width)` with `b <= batch`, 0..1.
        """
        yield from map(average_views, self.predict_views(images, index, self.views, rows, batch=batch))

    def predict_views(
        self, images: npt.NDArray[Any], index: pd.DataFrame, views: Sequence[View], rows: Rows | None = None, *, batch: int = BATCH
    ) -> Iterator[list[Float32]]:
        """Predict slices as `predict` does, keeping the views apart.

        Args:
            images: As in `predict`; so are `index`, `rows` and `batch`.
            index: See there.
            views: As the attribute has it.
            rows: See there.
            batch: See there.

        Yields:
            For each view, brought back to how the slice lies, the probabilities of tumour, `(b, height, width)` with `b <= batch`, 0..1.
        """
        neighbours = neighbour_rows(index, self.layout.context)
        wanted = np.arange(len(index)) if rows is None else rows
        for stretch in self._forward.divide(index["patient"], wanted):
            sample = None if stretch.sample is None else stack_context(images, stretch.sample, neighbours, self.layout)
            asks = {enlarged: self._adapt(sample, enlarged) for enlarged in {view.enlarged for view in views}}
            for inputs, number in stack_batches(images, stretch.rows, neighbours, self.layout, batch):
                yield [predict_view(asks[view.enlarged], inputs, view)[:number] for view in views]

    def _adapt(self, sample: Float32 | None, enlarged: bool) -> Forward:
        return self._forward.adapt(enlarge(sample) if enlarged and sample is not None else sample)


def make_predictor(
    network: keras.Model, layout: InputLayout, *, mirrors: bool = False, multi_scale: bool = False, patient_statistics: bool = False
) -> SlicePredictor:
    """Make a network ready to predict slices.

    Args:
        network: Gives logits `(batch, height, width, 1)` from `(batch, height, width, layout.depth)`; it is not changed.
        layout: Order of its input channels.
        mirrors: Whether the probabilities of each slice and of its left-right mirror image are averaged.
        multi_scale: Whether those of the slice enlarged by half are averaged with them; the network must be able to see that size.
        patient_statistics: Whether normalisations take each patient's own statistics, as `PatientForward` has it.
    """
    asked = free_sides(network) if multi_scale else network
    forward = PatientForward(asked) if patient_statistics else TrainedForward(compile_logits(asked))
    return SlicePredictor(forward, layout, mirrors=mirrors, multi_scale=multi_scale)


def read_ways(bundle: Mapping[str, Any]) -> dict[str, bool]:
    """Read from what is stored beside a network how `make_predictor` has it asked.

    Example:
        >>> read_ways({"mirrors": True})  # of an earlier version
        {'mirrors': True, 'multi_scale': False, 'patient_statistics': False}
    """
    return {name: bool(bundle.get(name, False)) for name in WAYS}
