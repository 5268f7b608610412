"""From which weights a training begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from tumourflow.errors import UserError
from tumourflow.networks.encoder import encoder_layers
from tumourflow.networks.weights import lite0, resnet50
from tumourflow.networks.weights.layers import Weights, put_weights
from tumourflow.networks.weights.stored import read_stored


@dataclass(frozen=True)
class ImageNet:
    """An encoder that was trained on ImageNet.

    Attributes:
        stem: Its first convolution.
        deviation: Standard deviation of the pixels as it saw them.
        find: Finds its file.
        read: Reads it.
    """

    stem: str
    deviation: float
    find: Callable[[], Path]
    read: Callable[[Path], Weights]


LITE0 = ImageNet("encoder_stem_conv", lite0.DEVIATION, lite0.find_lite0_file, lite0.read_lite0)
RESNET50 = ImageNet("conv1_conv", resnet50.DEVIATION, resnet50.find_resnet50_file, resnet50.read_resnet50)
IMAGENET = {"unet_lite0": LITE0, "deeplabv3plus_lite0": LITE0, "deeplabv3": RESNET50, "deeplabv3plus": RESNET50}
"""Networks with an encoder that was trained on ImageNet."""
IMAGENET_CLASSIFIERS = {"lite0": LITE0, "resnet50": RESNET50}
"""Classifiers with such an encoder."""


def load_weights(model: keras.Model, weights: str) -> None:
    """Give a network the weights that its training begins with.

    Args:
        model: Network of `build_network`; changed, unless there is an error.
        weights: `none` leaves it as it is. `imagenet` gives its encoder what was learned on photographs. Anything else is the path of
            a `.keras` file, or of a folder that holds one, of a network of the same name, width and depth: all layers are taken, and
            the first convolutions adapted where the images had another number of channels (`adapt_channels`).

    Raises:
        UserError: Where there are no such weights for the network, or where they do not fit it.
    """
    if weights == "none":
        return
    if weights == "imagenet":
        _load_imagenet(model)
        return
    stored = read_stored(Path(weights))
    names = [layer.name for layer in model.layers if layer.weights]
    put_weights(model, stored, [*names, *(name for name in stored.layers if name not in names)])


def _load_imagenet(model: keras.Model) -> None:
    encoders = IMAGENET | IMAGENET_CLASSIFIERS
    if model.name not in encoders:
        masks, classes = (", ".join(sorted(known)) for known in (IMAGENET, IMAGENET_CLASSIFIERS))
        known = f"`training.network` from {masks}" if len(model.output_shape) == 4 else f"`classification.network` from {classes}"
        msg = (
            f"`training.weights` is imagenet, but there are no such weights for the network `{model.name}`: "
            f"choose {known}, or none or a file as `training.weights`."
        )
        raise UserError(msg)
    encoder = encoders[model.name]
    put_weights(model, _rescale(encoder.read(encoder.find()), encoder), [layer.name for layer in encoder_layers(model)])


def _rescale(weights: Weights, encoder: ImageNet) -> Weights:
    # Our images have a deviation of 1 (z-scored per patient), those of the encoder's training had another in its own units. The mean
    # needs no such care: a z-scored image's is 0, as that of the pixels was.
    kernel, *rest = weights.layers[encoder.stem]
    scaled = [kernel * np.float32(encoder.deviation), *rest]
    return replace(weights, layers=weights.layers | {encoder.stem: scaled})
