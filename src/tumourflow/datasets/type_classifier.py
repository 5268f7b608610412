"""Classifiers of types as files."""

from __future__ import annotations

from pathlib import Path

from tumourflow.datasets.atomic import AtomicVersionedDataset
from tumourflow.radiomics.classifiers import Classifier
from tumourflow.radiomics.stored import load_classifier, save_classifier


class TypeClassifierDataset(AtomicVersionedDataset):
    """A fitted `Classifier` of radiomics features, in a file that can start no program when it is read."""

    def _write(self, path: Path, data: Classifier) -> None:
        save_classifier(data, path)

    def _read(self, path: Path) -> Classifier:
        return load_classifier(path)
