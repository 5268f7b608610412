"""Registered models as MLflow's server and `mlflow.pyfunc.load_model` know them: a table of images in, an answer for each image out."""

from __future__ import annotations

import base64
import json
import logging
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import keras
import pandas as pd
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR

from tumourflow.imaging.png import encode_png
from tumourflow.serving.classifier import Classifier
from tumourflow.serving.guard import guard_server
from tumourflow.serving.posted_images import decode_volumes
from tumourflow.serving.posts import PostedPatient, PostError, group_images
from tumourflow.serving.segmenter import SegmentedSlice, Segmenter

logger = logging.getLogger(__name__)


class PostedModel:
    """Answers tables of images. One table at a time: the server asks from several threads, and one network fills all cores."""

    def __init__(self) -> None:
        self._lock = Lock()

    def predict(self, table: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002  # asked for by MLflow
        """Answer a table of images.

        Args:
            table: `image` (a PNG, JPEG, TIFF, ... file in base64) and, where they are known, `patient` and `slice`, one row an image.
            params: None are known.

        Returns:
            One row an image, in the order of the table.

        Raises:
            PostError: Where the table is at fault, or the model failed.
        """
        try:
            patients = group_images(table)
            with self._lock:
                answers = dict(self._answer(table, patients))
        except PostError:
            raise
        except Exception as error:
            logger.exception("A post could not be answered.")
            msg = "The model failed on this post; the server's log says why."
            raise PostError(msg, INTERNAL_ERROR) from error
        # As objects, where nothing is nothing, not NaN, which JSON has no word for.
        return pd.DataFrame([answers[place] for place in range(len(table))], dtype=object)

    @abstractmethod
    def _answer(self, table: pd.DataFrame, patients: Sequence[PostedPatient]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield for each image its place in the post and its answer."""


class PostedSegmenter(PostedModel):
    """Gives a mask for each image, the very one of the prediction room."""

    def __init__(self, segmenter: Segmenter) -> None:
        super().__init__()
        self._segmenter = segmenter

    def _answer(self, table: pd.DataFrame, patients: Sequence[PostedPatient]) -> Iterator[tuple[int, dict[str, Any]]]:
        volumes = decode_volumes(table, patients, self._segmenter.preparation)
        for patient, found in zip(patients, self._segmenter.segment_volumes(volumes), strict=True):
            for place, number, each in zip(patient.places, patient.slices, found, strict=True):
                yield place, {"patient": patient.name, "slice": number} | _describe(each)


class PostedClassifier(PostedModel):
    """Gives the calibrated probabilities of the classes for each image."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self._classifier = classifier

    def _answer(self, table: pd.DataFrame, patients: Sequence[PostedPatient]) -> Iterator[tuple[int, dict[str, Any]]]:
        classes = self._classifier.classes
        volumes = decode_volumes(table, patients, self._classifier.preparation)
        for patient, found in zip(patients, self._classifier.classify_volumes(volumes), strict=True):
            for place, number, each in zip(patient.places, patient.slices, found, strict=True):
                probabilities = dict(zip(classes, map(float, each), strict=True))
                first = max(probabilities, key=probabilities.__getitem__)
                answer = {"class": first, "probability": probabilities[first], "probabilities": probabilities}
                yield place, {"patient": patient.name, "slice": number} | answer


def _describe(found: SegmentedSlice) -> dict[str, Any]:
    height, width = found.mask.shape
    area = int(found.mask.sum())
    return {
        "height": height,
        "width": width,
        "mask": base64.b64encode(encode_png(found.mask)).decode(),
        "area": area,
        "probability": float(found.probability[found.mask].mean()) if area else None,
        "uncertainty": found.uncertainty if area else None,
    }


def _load_pyfunc(path: str) -> PostedModel:
    """Load what the model registry keeps; MLflow looks for a function of this name.

    Args:
        path: Folder that holds `segmenter.keras` and `segmenter.json`, or those of a classifier.
    """
    guard_server(__name__)
    file = next(Path(path).glob("*.keras"))
    network, bundle = keras.saving.load_model(file, compile=False), json.loads(file.with_suffix(".json").read_text())
    return PostedSegmenter(Segmenter(network, bundle)) if file.stem == "segmenter" else PostedClassifier(Classifier(network, bundle))
