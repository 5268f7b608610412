"""Functions that return a `keras.Model`, and the blocks they are made of."""

from tumourflow.networks.classifiers import build_classifier
from tumourflow.networks.cnn import build_cnn
from tumourflow.networks.conversion import convert_precision, free_sides, make_portable
from tumourflow.networks.deeplab import build_deeplabv3, build_deeplabv3plus
from tumourflow.networks.deeplab_lite0 import build_deeplabv3plus_lite0
from tumourflow.networks.depthwise import QuickDepthwiseConv2D
from tumourflow.networks.dilation import DilatedConv2D
from tumourflow.networks.encoder import encoder_layers
from tumourflow.networks.ensemble import average_networks, split_average
from tumourflow.networks.folding import FoldedNetwork, fold_normalisation
from tumourflow.networks.interpolation import BilinearUpSampling2D
from tumourflow.networks.lanes import compile_forward, count_lanes, split_lanes
from tumourflow.networks.largest import FirstLargestPooling2D
from tumourflow.networks.lite0 import append_lite0_head, build_lite0
from tumourflow.networks.normalisation import FusedBatchNormalization
from tumourflow.networks.precision import choose_precision, has_gpu, precision_scope
from tumourflow.networks.registry import build_network
from tumourflow.networks.resnet import build_resnet50
from tumourflow.networks.resunet import build_resunet
from tumourflow.networks.sk_unet import build_sk_unet
from tumourflow.networks.skip import SkipConv2D
from tumourflow.networks.statistics import Statistics, adapting_norms, build_observer, read_statistics
from tumourflow.networks.unet import build_unet
from tumourflow.networks.unet_lite0 import build_unet_lite0
from tumourflow.networks.up_convolution import UpConv2D
from tumourflow.networks.weights import fingerprint_weights, load_weights
from tumourflow.options.networks import network_stride

__all__ = [
    "BilinearUpSampling2D",
    "DilatedConv2D",
    "FirstLargestPooling2D",
    "FoldedNetwork",
    "FusedBatchNormalization",
    "QuickDepthwiseConv2D",
    "SkipConv2D",
    "Statistics",
    "UpConv2D",
    "adapting_norms",
    "append_lite0_head",
    "average_networks",
    "build_classifier",
    "build_cnn",
    "build_deeplabv3",
    "build_deeplabv3plus",
    "build_deeplabv3plus_lite0",
    "build_lite0",
    "build_network",
    "build_observer",
    "build_resnet50",
    "build_resunet",
    "build_sk_unet",
    "build_unet",
    "build_unet_lite0",
    "choose_precision",
    "compile_forward",
    "convert_precision",
    "count_lanes",
    "encoder_layers",
    "fingerprint_weights",
    "fold_normalisation",
    "free_sides",
    "has_gpu",
    "load_weights",
    "make_portable",
    "network_stride",
    "precision_scope",
    "read_statistics",
    "split_average",
    "split_lanes",
]
