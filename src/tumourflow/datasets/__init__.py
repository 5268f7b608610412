"""Kedro datasets of this project: the only place that turns objects into files."""

from tumourflow.datasets.array_store import ArrayStore, ArrayStoreDataset
from tumourflow.datasets.atomic import AtomicDataset
from tumourflow.datasets.checkpoint import Checkpoint, CheckpointDataset
from tumourflow.datasets.fact_cache import FactCache, FactCacheDataset
from tumourflow.datasets.image_folder import ImageFolder, ImageFolderDataset
from tumourflow.datasets.image_store import ImageStore, ImageStoreDataset
from tumourflow.datasets.keras_model import KerasModelDataset
from tumourflow.datasets.learned import find_learned
from tumourflow.datasets.mask_folder import MaskFolder, MaskFolderDataset
from tumourflow.datasets.network_store import NetworkStore, NetworkStoreDataset
from tumourflow.datasets.onnx import OnnxDataset
from tumourflow.datasets.picture import PictureDataset
from tumourflow.datasets.registered_models import ModelVersion, RegisteredModels, RegisteredModelsDataset
from tumourflow.datasets.result_store import ResultStore, ResultStoreDataset
from tumourflow.datasets.run_records import RunRecord, is_tracked
from tumourflow.datasets.stored_versions import Removal, StoredVersions, StoredVersionsDataset
from tumourflow.datasets.table_store import TableStore, TableStoreDataset
from tumourflow.datasets.tracked_runs import TrackedRun, TrackedRuns, TrackedRunsDataset
from tumourflow.datasets.type_classifier import TypeClassifierDataset
from tumourflow.datasets.weights import fetch_weights, record_weights, require_weights

__all__ = [
    "ArrayStore",
    "ArrayStoreDataset",
    "AtomicDataset",
    "Checkpoint",
    "CheckpointDataset",
    "FactCache",
    "FactCacheDataset",
    "ImageFolder",
    "ImageFolderDataset",
    "ImageStore",
    "ImageStoreDataset",
    "KerasModelDataset",
    "MaskFolder",
    "MaskFolderDataset",
    "ModelVersion",
    "NetworkStore",
    "NetworkStoreDataset",
    "OnnxDataset",
    "PictureDataset",
    "RegisteredModels",
    "RegisteredModelsDataset",
    "Removal",
    "ResultStore",
    "ResultStoreDataset",
    "RunRecord",
    "StoredVersions",
    "StoredVersionsDataset",
    "TableStore",
    "TableStoreDataset",
    "TrackedRun",
    "TrackedRuns",
    "TrackedRunsDataset",
    "TypeClassifierDataset",
    "fetch_weights",
    "find_learned",
    "is_tracked",
    "record_weights",
    "require_weights",
]
