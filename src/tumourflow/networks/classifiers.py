"""The table of classifiers, and those whose encoder was published."""

from __future__ import annotations

from typing import Protocol

import keras

from tumourflow.networks.class_head import give_class_logits
from tumourflow.networks.cnn import build_cnn
from tumourflow.networks.head import InputShape, check_numbers
from tumourflow.networks.lite0 import append_lite0_head, build_lite0
from tumourflow.networks.resnet import build_resnet50

HIDDEN = (256, 128)
"""Units of the ResNet-50's dense layers."""


class ClassifierBuilder(Protocol):
    """Function that builds a classifier; it gives float32 logits `(batch, classes)`."""

    def __call__(self, input_shape: InputShape, classes: int, width: int, seed: int) -> keras.Model:
        """Build the network."""


def build_resnet50_classifier(input_shape: InputShape, classes: int, width: int = 64, seed: int = 0) -> keras.Model:
    """Build a ResNet-50 with average pooling, dense 256 ReLU, dropout .3, dense 128 ReLU, dropout .3 and the logits of the classes.

    For 5 channels, 2 classes and the defaults there are 24,151,682 weights, averages of the normalisation included.

    Args:
        input_shape: `(height, width, channels)`; no height and width for images of any size.
        classes: Number of classes, at least 2.
        width: Number of feature maps of the first stage; 64 is the published network, whose ImageNet weights can be loaded.
        seed: Seed of the initial weights and of the dropout.

    Returns:
        Functional model from `(batch, height, width, channels)` to float32 logits `(batch, classes)`.

    Raises:
        ValueError: Where a number is out of range.

    Reference:
        He et al. 2016, doi:10.1109/CVPR.2016.90.
    """
    check_numbers(input_shape, 1, "1", width=width)
    inputs = keras.Input(input_shape, name="image")
    pooled = keras.layers.GlobalAveragePooling2D(name="pool_mean")(build_resnet50(inputs, width, seed=seed)[-1])
    return keras.Model(inputs, give_class_logits(pooled, classes, HIDDEN, seed), name="resnet50")


def build_lite0_classifier(input_shape: InputShape, classes: int, width: int = 16, seed: int = 0) -> keras.Model:
    """Build the EfficientNet-Lite0 with its own head: 1280 feature maps, average pooling, dropout and the logits of the classes.

    For 5 channels, 2 classes and the defaults there are 3,416,162 weights, averages of the normalisation included.

    Args:
        input_shape: `(height, width, channels)`; no height and width for images of any size.
        classes: Number of classes, at least 2.
        width: Not used: all numbers of feature maps are the published ones.
        seed: Seed of the initial weights and of the dropout.

    Returns:
        Functional model from `(batch, height, width, channels)` to float32 logits `(batch, classes)`.

    Raises:
        ValueError: Where there are fewer than two classes.

    Reference:
        Tan and Le 2019, doi:10.48550/arXiv.1905.11946.
    """
    check_numbers(input_shape, 1, "1", width=width)
    inputs = keras.Input(input_shape, name="image")
    pooled = keras.layers.GlobalAveragePooling2D(name="pool_mean")(append_lite0_head(build_lite0(inputs, seed)[-1], seed))
    return keras.Model(inputs, give_class_logits(pooled, classes, (), seed), name="lite0")


CLASSIFIERS: dict[str, ClassifierBuilder] = {"cnn": build_cnn, "resnet50": build_resnet50_classifier, "lite0": build_lite0_classifier}


def build_classifier(name: str, input_shape: InputShape, classes: int, width: int = 16, seed: int = 0) -> keras.Model:
    """Build the network that `classification.network` names.

    Args:
        name: A key of `CLASSIFIERS`.
        input_shape: `(height, width, channels)`; no height and width for images of any size.
        classes: Number of classes, at least 2.
        width: Number of feature maps of the first stage.
        seed: Seed of the initial weights and of the dropout.

    Returns:
        Model from `(batch, height, width, channels)` to float32 logits `(batch, classes)`.

    Raises:
        ValueError: Where there is no such network or it cannot be built with these numbers.
    """
    if name not in CLASSIFIERS:
        msg = f"`name` must be one of {sorted(CLASSIFIERS)}. Received: name={name!r}."
        raise ValueError(msg)
    return CLASSIFIERS[name](input_shape, classes, width=width, seed=seed)
