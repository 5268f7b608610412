"""A network whose batch normalisation takes the statistics of the patient it looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.networks import FoldedNetwork, Statistics, adapting_norms, build_observer, compile_forward, read_statistics
from tumourflow.prediction.views import Forward
from tumourflow.types import Float32

Rows = npt.NDArray[np.int64]

SAMPLE = 16
"""Slices of a patient that are looked at for the statistics."""

LEAST = 8
"""Slices that a patient must have: fewer say more of what they show than of the scanner."""


class PatientForward:
    """Forward pass of a network, of which the first normalisations take the statistics of one patient in place of those of training.

    Scanners differ in contrast, noise and resolution, and the network has seen few of them. As `SAMPLE` slices of a patient tell
    the statistics, it costs little; nothing is trained, and no mask is looked at.

    Reference: Li et al. 2016, doi:10.48550/arXiv.1603.04779 (there for all normalisations, and for a whole set of images at once).
    """

    def __init__(self, model: keras.Model) -> None:
        """Prepare the forward pass of a network, which is not changed."""
        self._names = adapting_norms(model)
        self._folded = FoldedNetwork(model)
        self._observe = compile_forward(build_observer(model, self._names), whole=True) if self._names else None
        self._forward = compile_forward(self._folded.model)
        self._taken = self._own = {name: read_statistics(model.get_layer(name)) for name in self._names}
        # A server asks from several threads, and the statistics are in the weights.
        self._lock = Lock()

    def divide(self, patients: pd.Series, rows: Rows) -> Iterator[Stretch]:
        """Divide slices by whose statistics they take; see `divide_by_sample`."""
        return divide_by_sample(patients, rows)

    def adapt(self, sample: Float32 | None) -> Forward:
        """Give the forward pass by the statistics of some images.

        Args:
            sample: Inputs `(SAMPLE, height, width, depth)`, or null for the statistics of training.
        """
        statistics = self._own if sample is None or self._observe is None else self._tell(self._observe(sample))
        return lambda inputs: self._ask(inputs, statistics)

    def _tell(self, told: Sequence[Any]) -> dict[str, Statistics]:
        values = [np.asarray(each, np.float32) for each in told]
        return {name: Statistics(*pair) for name, *pair in zip(self._names, values[::2], values[1::2], strict=True)}

    def _ask(self, inputs: Float32, statistics: dict[str, Statistics]) -> Float32:
        with self._lock:
            if statistics is not self._taken:
                self._folded.normalise_by(statistics)
                self._taken = statistics
            return give_logits(self._forward(inputs))


class Stretch(NamedTuple):
    """Slices that are predicted by the same statistics.

    Attributes:
        rows: Which slices.
        sample: Those that the statistics are taken of; null for those of training.
    """

    rows: Rows
    sample: Rows | None


def divide_by_sample(patients: pd.Series, rows: Rows) -> Iterator[Stretch]:
    """Divide slices by whose statistics they take, keeping their order.

    Args:
        patients: Of every slice; those of a patient are side by side.
        rows: Which slices are wanted.

    Yields:
        Each patient of at least `LEAST` slices, wanted or not, by itself, with `SAMPLE` of all its slices, evenly spaced; and what lies
        between two of these together.
    """
    places = {patient: np.asarray(found) for patient, found in patients.groupby(patients, sort=False).indices.items()}
    wanted = patients.to_numpy()[rows]
    large = np.array([len(places[patient]) >= LEAST for patient in wanted], bool)
    changes = np.flatnonzero((large[1:] != large[:-1]) | (large[1:] & (wanted[1:] != wanted[:-1]))) + 1
    for some in np.split(np.arange(len(rows)), changes) if len(rows) else ():
        yield Stretch(rows[some], choose_sample(places[wanted[some[0]]]) if large[some[0]] else None)


def choose_sample(rows: Rows) -> Rows:
    """Choose `SAMPLE` slices of a volume, evenly spaced from the first to the last; of fewer, some twice.

    Example:
        >>> choose_sample(np.arange(46)).tolist()
        [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45]
    """
    return rows[np.linspace(0, len(rows) - 1, SAMPLE).round().astype(np.int64)]


def give_logits(outputs: Any) -> Float32:
    """Take the logits from what a network gives, as float32; where it gives several things, they are the first."""
    return np.asarray(outputs[0] if isinstance(outputs, list) else outputs, np.float32)
