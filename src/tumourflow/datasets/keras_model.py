"""Keras models of any backend."""

from __future__ import annotations

from pathlib import Path

from tumourflow.datasets.atomic import AtomicVersionedDataset
from tumourflow.types import KerasModel


class KerasModelDataset(AtomicVersionedDataset):
    """A `keras.Model` in Keras's own `.keras` format.

    The dataset of kedro-datasets loads TensorFlow whatever backend is chosen, and writes in place.
    """

    def _write(self, path: Path, data: KerasModel) -> None:
        data.save(path)

    def _read(self, path: Path) -> KerasModel:
        import keras

        return keras.saving.load_model(path, compile=False)
