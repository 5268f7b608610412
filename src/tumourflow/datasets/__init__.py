"""Kedro datasets of this project: the only place that turns objects into files."""

from tumourflow.datasets.array_store import ArrayStore, ArrayStoreDataset
from tumourflow.datasets.atomic import AtomicDataset
from tumourflow.datasets.image_folder import ImageFolder, ImageFolderDataset
from tumourflow.datasets.image_store import ImageStore, ImageStoreDataset
from tumourflow.datasets.keras_model import KerasModelDataset

__all__ = [
    "ArrayStore",
    "ArrayStoreDataset",
    "AtomicDataset",
    "ImageFolder",
    "ImageFolderDataset",
    "ImageStore",
    "ImageStoreDataset",
    "KerasModelDataset",
]
