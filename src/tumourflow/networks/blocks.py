"""Blocks that networks are made of; each takes a tensor and returns one."""

from __future__ import annotations

import zlib
from typing import Any

import keras

from tumourflow.networks.normalisation import FusedBatchNormalization

MOMENTUM = 0.9
"""Share of the old value in the moving averages: at a few thousand steps Keras's .99 would lag behind the weights."""


def seeded(name: str, seed: int) -> keras.initializers.Initializer:
    """He initialiser whose values depend on the layer's name and the seed only, not on global state.

    Args:
        name: Name of the layer.
        seed: Seed of the network, at least 0.

    Returns:
        The initialiser (He et al. 2015, doi:10.1109/ICCV.2015.123).
    """
    return keras.initializers.HeNormal(seed=zlib.crc32(f"{seed}/{name}".encode()) & 0x7FFFFFFF)


def conv_block(x: Any, filters: int, name: str, seed: int) -> Any:
    """3x3 convolution with same padding, batch normalisation, ReLU.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, height, width, filters)`.
    """
    kernel = f"{name}_conv"
    x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer=seeded(kernel, seed), name=kernel)(x)
    x = FusedBatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
    return keras.layers.Activation("relu", name=f"{name}_relu")(x)


def conv_pair(x: Any, filters: int, name: str, seed: int) -> Any:
    """Two `conv_block`s, named `<name>_1` and `<name>_2`.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Number of feature maps of both.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, height, width, filters)`.
    """
    return conv_block(conv_block(x, filters, f"{name}_1", seed), filters, f"{name}_2", seed)


def up_block(x: Any, skip: Any, filters: int, name: str, seed: int) -> Any:
    """2x2 up-convolution, the encoder's feature maps beside it, two convolutions.

    Args:
        x: Tensor `(batch, height, width, channels)` of the stage below.
        skip: Tensor `(batch, 2 height, 2 width, filters)` of the encoder.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, 2 height, 2 width, filters)`.
    """
    kernel = f"{name}_up"
    x = keras.layers.Conv2DTranspose(filters, 2, strides=2, kernel_initializer=seeded(kernel, seed), name=kernel)(x)
    x = keras.layers.Concatenate(name=f"{name}_skip")([skip, x])
    return conv_pair(x, filters, name, seed)
