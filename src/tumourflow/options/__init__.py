"""Every parameter of the project, typed and bounded: one model a room, and `Parameters`, the root of them all."""

from tumourflow.options.augmentation import AugmentationOptions
from tumourflow.options.baselines import BaselineOptions
from tumourflow.options.classification import ClassificationOptions
from tumourflow.options.curation import CurationOptions
from tumourflow.options.download import DownloadOptions
from tumourflow.options.inference import InferenceOptions
from tumourflow.options.ingestion import IngestionOptions
from tumourflow.options.leakage import LeakageOptions
from tumourflow.options.parameters import Parameters, parse_parameters
from tumourflow.options.phantoms import PhantomOptions
from tumourflow.options.prediction import PredictionOptions
from tumourflow.options.preparation import PreparationOptions
from tumourflow.options.promotion import PromotionOptions
from tumourflow.options.protocols import Protocol, find_contradiction
from tumourflow.options.prune import PruneOptions
from tumourflow.options.radiomics import RadiomicsOptions
from tumourflow.options.router import RouterOptions
from tumourflow.options.splitting import SplittingOptions
from tumourflow.options.training import TrainingOptions

__all__ = [
    "AugmentationOptions",
    "BaselineOptions",
    "ClassificationOptions",
    "CurationOptions",
    "DownloadOptions",
    "InferenceOptions",
    "IngestionOptions",
    "LeakageOptions",
    "Parameters",
    "PhantomOptions",
    "PredictionOptions",
    "PreparationOptions",
    "PromotionOptions",
    "Protocol",
    "PruneOptions",
    "RadiomicsOptions",
    "RouterOptions",
    "SplittingOptions",
    "TrainingOptions",
    "find_contradiction",
    "parse_parameters",
]
