"""Every parameter of the project, typed and bounded: one model a room, and `Parameters`, the root of them all."""

from tumourflow.options.augmentation import AugmentationOptions
from tumourflow.options.baselines import BaselineOptions
from tumourflow.options.curation import CurationOptions
from tumourflow.options.download import DownloadOptions
from tumourflow.options.ingestion import IngestionOptions
from tumourflow.options.leakage import LeakageOptions
from tumourflow.options.parameters import Parameters, parse_parameters
from tumourflow.options.phantoms import PhantomOptions
from tumourflow.options.prediction import PredictionOptions
from tumourflow.options.preparation import PreparationOptions
from tumourflow.options.protocols import Protocol, find_contradiction
from tumourflow.options.splitting import SplittingOptions
from tumourflow.options.training import TrainingOptions

__all__ = [
    "AugmentationOptions",
    "BaselineOptions",
    "CurationOptions",
    "DownloadOptions",
    "IngestionOptions",
    "LeakageOptions",
    "Parameters",
    "PhantomOptions",
    "PredictionOptions",
    "PreparationOptions",
    "Protocol",
    "SplittingOptions",
    "TrainingOptions",
    "find_contradiction",
    "parse_parameters",
]
