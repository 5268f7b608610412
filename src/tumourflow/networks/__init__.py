"""Functions that return a `keras.Model`, and the blocks they are made of."""

from tumourflow.networks.normalisation import FusedBatchNormalization
from tumourflow.networks.precision import choose_precision, convert_precision, has_gpu, make_portable, precision_scope
from tumourflow.networks.registry import build_network
from tumourflow.networks.unet import build_unet

__all__ = [
    "FusedBatchNormalization",
    "build_network",
    "build_unet",
    "choose_precision",
    "convert_precision",
    "has_gpu",
    "make_portable",
    "precision_scope",
]
