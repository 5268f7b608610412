"""Every parameter of the project, typed and bounded: one model a room, and `Parameters`, the root of them all."""

from tumourflow.options.augmentation import AugmentationOptions
from tumourflow.options.curation import CurationOptions
from tumourflow.options.ingestion import IngestionOptions
from tumourflow.options.parameters import Parameters, parse_parameters
from tumourflow.options.phantoms import PhantomOptions
from tumourflow.options.prediction import PredictionOptions
from tumourflow.options.preparation import PreparationOptions
from tumourflow.options.splitting import SplittingOptions
from tumourflow.options.training import TrainingOptions

__all__ = [
    "AugmentationOptions",
    "CurationOptions",
    "IngestionOptions",
    "Parameters",
    "PhantomOptions",
    "PredictionOptions",
    "PreparationOptions",
    "SplittingOptions",
    "TrainingOptions",
    "parse_parameters",
]
