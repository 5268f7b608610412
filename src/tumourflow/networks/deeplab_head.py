"""The heads of DeepLabv3 and DeepLabv3+, on the feature maps of any encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from tumourflow.networks.blocks import MOMENTUM, conv_block, conv_pair, seeded
from tumourflow.networks.head import InputShape, check_numbers, give_logits
from tumourflow.networks.interpolation import BilinearUpSampling2D
from tumourflow.networks.normalisation import FusedBatchNormalization

RATES = {16: (6, 12, 18), 8: (12, 24, 36)}
"""Dilations of the pyramid by output stride, in the feature map's pixels: the same distances in the image."""


def plus_logits(stages: Sequence[Any], width: int, output_stride: int, seed: int) -> Any:
    """All of DeepLabv3+ that follows the encoder: pyramid, decoder, logits.

    Args:
        stages: Tensors of the encoder at strides 2, 4, ..., the last at `output_stride`.
        width: A quarter of the feature maps of pyramid and decoder.
        output_stride: Sides of the image over sides of the last tensor, 16 or 8.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, height, width, 1)` with the sides of the image.
    """
    _, low, *_, high = stages
    x = aspp(high, RATES[output_stride], 4 * width, seed=seed)
    x = deeplab_decoder(x, low, output_stride // 4, 4 * width, low_width=max(1, 3 * width // 4), seed=seed)
    return upsampled_logits(x, 4, seed)


def check_atrous(input_shape: InputShape, width: int, output_stride: int) -> None:
    """Refuse numbers that no DeepLab can be built with.

    Raises:
        ValueError: Where a side is not divisible or a number is out of range.
    """
    if output_stride not in RATES:
        msg = f"`output_stride` must be one of {sorted(RATES)}. Received: output_stride={output_stride}."
        raise ValueError(msg)
    check_numbers(input_shape, output_stride, "output_stride", width=width)


def aspp(x: Any, rates: Sequence[int], width: int, name: str = "aspp", seed: int = 0) -> Any:
    """Atrous spatial pyramid pooling: views of several ranges side by side, up to the whole image.

    The paper joins the branches and reduces them by one 1x1 convolution. That is linear, so the image's branch, the same at every
    pixel, goes through its own and is added: the sides need not be known, and nothing is computed twice.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        rates: Dilations of the 3x3 convolutions in pixels of `x`.
        width: Number of feature maps of each branch and of what comes out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, height, width, width)`.

    Reference:
        Chen et al. 2017, doi:10.48550/arXiv.1706.05587, section 3.3.
    """
    branches = [conv_block(x, width, f"{name}_0", seed, side=1)]
    branches += [conv_block(x, width, f"{name}_{place}", seed, dilation=rate) for place, rate in enumerate(rates, 1)]
    joined = keras.layers.Concatenate(name=f"{name}_join")(branches)
    pooled = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_pool")(x)
    pooled = conv_block(pooled, width, f"{name}_image", seed, side=1)
    parts = [_project(joined, width, f"{name}_project", seed), _project(pooled, width, f"{name}_image_project", seed)]
    x = keras.layers.Add(name=f"{name}_add")(parts)
    x = FusedBatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
    return keras.layers.Activation("relu", name=f"{name}_relu")(x)


def _project(x: Any, width: int, name: str, seed: int) -> Any:
    return keras.layers.Conv2D(width, 1, use_bias=False, kernel_initializer=seeded(name, seed), name=name)(x)


def deeplab_decoder(high: Any, low: Any, factor: int, width: int, *, low_width: int, name: str = "decoder", seed: int = 0) -> Any:
    """Decoder of DeepLabv3+: what the pyramid knows, on the fine feature maps of an early stage.

    Args:
        high: Tensor `(batch, height, width, channels)` of the pyramid.
        low: Tensor `(batch, factor height, factor width, any)` of the encoder.
        factor: How many times larger the sides of `low` are.
        width: Number of feature maps that come out.
        low_width: Number of feature maps that `low` is reduced to, so that it does not outweigh `high`.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, factor height, factor width, width)`.

    Reference:
        Chen et al. 2018, doi:10.1007/978-3-030-01234-2_49, section 3.1.
    """
    high = BilinearUpSampling2D(factor, name=f"{name}_up")(high)
    low = conv_block(low, low_width, f"{name}_low", seed, side=1)
    x = keras.layers.Concatenate(name=f"{name}_skip")([high, low])
    return conv_pair(x, width, name, seed)


def upsampled_logits(x: Any, factor: int, seed: int) -> Any:
    """One logit a pixel of `x`, interpolated linearly to `factor` times the sides, in float32.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        factor: How many times larger the image's sides are.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, factor height, factor width, 1)`.
    """
    coarse = give_logits(x, seed, "logits_coarse")
    return BilinearUpSampling2D(factor, dtype="float32", name="logits")(coarse)
