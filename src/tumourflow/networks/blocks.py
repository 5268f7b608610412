"""Blocks that networks are made of; each takes a tensor and returns one."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import keras

from tumourflow.networks.dilation import DilatedConv2D
from tumourflow.networks.normalisation import FusedBatchNormalization
from tumourflow.networks.skip import SkipConv2D
from tumourflow.networks.up_convolution import UpConv2D

MOMENTUM = 0.9
"""Share of the old value in the moving averages: at a few thousand steps Keras's .99 would lag behind the weights."""

Block = Callable[[Any, int, str, int], Any]
"""Function of a tensor, the number of feature maps, the layers' prefix and the seed."""
UpBlock = Callable[[Any, Any, int, str, int], Any]
"""Function of the stage below, the encoder's feature maps, the number of feature maps, the layers' prefix and the seed."""


def seeded(name: str, seed: int) -> keras.initializers.Initializer:
    """He initialiser whose values depend on the layer's name and the seed only, not on global state.

    Args:
        name: Name of the layer.
        seed: Seed of the network, at least 0.

    Returns:
        The initialiser (He et al. 2015, doi:10.1109/ICCV.2015.123).
    """
    return keras.initializers.HeNormal(seed=zlib.crc32(f"{seed}/{name}".encode()) & 0x7FFFFFFF)


def conv_norm(x: Any, filters: int, name: str, seed: int, *, side: int = 3, dilation: int = 1) -> Any:
    """Convolution with same padding, batch normalisation.

    Args:
        x: Tensor `(batch, height, width, channels)`, or two to lie side by side.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.
        side: Height and width of the kernel.
        dilation: Distance of the kernel's points in pixels.

    Returns:
        Tensor `(batch, height, width, filters)`.
    """
    layer = SkipConv2D if isinstance(x, list) else DilatedConv2D if dilation > 1 else keras.layers.Conv2D
    kernel = f"{name}_conv"
    layout = {"padding": "same", "dilation_rate": dilation, "use_bias": False}
    x = layer(filters, side, **layout, kernel_initializer=seeded(kernel, seed), name=kernel)(x)
    return FusedBatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)


def conv_block(x: Any, filters: int, name: str, seed: int, *, side: int = 3, dilation: int = 1) -> Any:
    """Convolution with same padding, batch normalisation, ReLU.

    Args:
        x: Tensor `(batch, height, width, channels)`, or two to lie side by side.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.
        side: Height and width of the kernel.
        dilation: Distance of the kernel's points in pixels.

    Returns:
        Tensor `(batch, height, width, filters)`.
    """
    return keras.layers.Activation("relu", name=f"{name}_relu")(conv_norm(x, filters, name, seed, side=side, dilation=dilation))


def conv_pair(x: Any, filters: int, name: str, seed: int) -> Any:
    """Two 3x3 `conv_block`s, named `<name>_1` and `<name>_2`.

    Args:
        x: Tensor `(batch, height, width, channels)`, or two to lie side by side.
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
        skip: Tensor `(batch, 2 height, 2 width, any)` of the encoder.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, 2 height, 2 width, filters)`.
    """
    return conv_pair([skip, up_convolve(x, filters, name, seed)], filters, name, seed)


def up_convolve(x: Any, filters: int, name: str, seed: int) -> Any:
    """2x2 up-convolution.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Number of feature maps that come out.
        name: Prefix of the layer's name.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, 2 height, 2 width, filters)`.
    """
    kernel = f"{name}_up"
    # A bias would cost as much as the up-convolution, and the normalisation behind it takes it out again.
    return UpConv2D(filters, kernel_initializer=seeded(kernel, seed), name=kernel)(x)


def encode(x: Any, filters: Sequence[int], seed: int, block: Block = conv_pair, first: Block | None = None) -> tuple[Any, list[Any]]:
    """Descend from the image, one block and one 2x2 max pooling a stage, named `down_0` ... `down_<depth-1>`, then `bottom`.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Number of feature maps of each stage, the finest first, that of the bottom last.
        seed: Seed of the initial weights.
        block: What is done at each stage and at the bottom.
        first: What is done at the first stage, if not the same.

    Returns:
        Tensor of the bottom, and what each stage leaves for the decoder, the finest first.
    """
    *stages, bottom = filters
    skips: list[Any] = []
    for stage, number in enumerate(stages):
        skips.append((first or block if stage == 0 else block)(x, number, f"down_{stage}", seed))
        x = keras.layers.MaxPooling2D(2, name=f"down_{stage}_pool")(skips[-1])
    return block(x, bottom, "bottom", seed), skips


def decode(x: Any, skips: Sequence[Any], filters: Sequence[int], seed: int, block: UpBlock = up_block) -> Any:
    """Climb from the coarsest feature maps to the finest skip, one block a skip, named `up_<depth-1>` ... `up_0`.

    Args:
        x: Tensor of the bottom, half the sides of the last skip.
        skips: Tensors of the encoder, the finest first, each of half the sides of the one before.
        filters: Number of feature maps that come out beside each skip, the finest first.
        seed: Seed of the initial weights.
        block: What is done at each stage.

    Returns:
        Tensor with the sides of the first skip and `filters[0]` feature maps.
    """
    for stage in reversed(range(len(skips))):
        x = block(x, skips[stage], filters[stage], f"up_{stage}", seed)
    return x
