"""The one way to use a classifier: images in, calibrated probabilities of classes out, as when it was judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.calibration import apply_temperature
from tumourflow.measures.class_patients import log_probabilities
from tumourflow.measures.class_units import probability_columns
from tumourflow.networks import choose_precision, convert_precision
from tumourflow.prediction.classes import predict_compiled
from tumourflow.prediction.forward import compile_logits
from tumourflow.prediction.volumes import patient_rows
from tumourflow.serving.volumes import Volume, prepare_volumes
from tumourflow.types import Float32, KerasModel, Pixels


class Classifier:
    """A network with all that its use needs; it is compiled once, for the first image.

    Attributes:
        preparation: What the network sees of an image.
        classes: Names of the classes, in the order of the probabilities.
        mirrors: Whether mirror images take part in the probabilities.
        temperature: What the logarithms of the probabilities are divided by, see `fit_temperature`.
    """

    def __init__(self, model: KerasModel, bundle: Mapping[str, Any]) -> None:
        """Take a network and the content of the `classifier.json` beside it."""
        self.preparation = Preparation.from_dict(bundle["preparation"])
        self.classes = tuple(map(str, bundle["classes"]))
        self.mirrors = bool(bundle["mirrors"])
        self.temperature = float(bundle["temperature"])
        self._forward = compile_logits(convert_precision(model, choose_precision()))

    def classify(self, volume: Sequence[Pixels]) -> Float32:
        """Classify the images of a patient.

        Args:
            volume: Slices in order, or images without an order, uint8 or uint16, as they are stored; they may differ in size.

        Returns:
            Calibrated probabilities `(n, classes)`; rows add up to 1.

        Raises:
            ValueError: Where there is no image, or one of another dtype or number of channels than the network's.
        """
        return next(self.classify_volumes([Volume(volume)]))

    def classify_volumes(self, volumes: Iterable[Volume]) -> Iterator[Float32]:
        """Classify patients one after the other; memory does not grow with their number.

        Args:
            volumes: Patients.

        Yields:
            What `classify` gives, patient by patient; a few patients at a time share their batches.

        Raises:
            ValueError: As `classify`.
        """
        for prepared in prepare_volumes(volumes, self.preparation):
            index = prepared.index
            batches = predict_compiled(self._forward, prepared.images, index, self.preparation.layout, mirrors=self.mirrors)
            calibrated = self._calibrate(np.concatenate(list(batches)))
            yield from (calibrated[places] for places in patient_rows(index))

    def _calibrate(self, probabilities: Float32) -> Float32:
        table = pd.DataFrame(probabilities, columns=pd.Index(probability_columns(self.classes)))
        return np.asarray(apply_temperature(log_probabilities(table, self.classes), self.temperature), np.float32)
