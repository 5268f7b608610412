"""The residual U-Net."""

from __future__ import annotations

from typing import Any

import keras

from tumourflow.networks.blocks import conv_block, conv_norm, conv_pair, decode, encode
from tumourflow.networks.head import InputShape, check_numbers, give_logits


def build_resunet(input_shape: InputShape, width: int = 16, depth: int = 4, seed: int = 0) -> keras.Model:
    """Build a U-Net of residual blocks that gives one logit a pixel.

    With `w = width` and an input of `s` x `s` pixels, stage `k` has `w 2^k` feature maps of `s / 2^k` pixels a side:

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `down_0` | two 3x3 convolutions, then 2x2 max pooling | `w` | `s` |
    | `down_1` ... `down_<depth-1>` | residual block, then 2x2 max pooling | `2 w` ... `w 2^(depth-1)` | `s / 2` ... `s / 2^(depth-1)` |
    | `bottom` | residual block | `w 2^depth` | `s / 2^depth` |
    | `up_<depth-1>` ... `up_0` | 2x2 up-sampling, skip, residual block | `w 2^(depth-1)` ... `w` | `s / 2^(depth-1)` ... `s` |
    | `logits` | 1x1 convolution, always float32 | 1 | `s` |

    A residual block adds two paths (`residual_block`). Up-sampling repeats rows and columns and has no weights.

    For 5 channels and the defaults there are 2,079,009 weights, averages of the normalisation included.

    Args:
        input_shape: `(height, width, channels)`; both sides divisible by `2^depth`, or none, for images of any such size.
        width: Number of feature maps of the first stage, at least 1.
        depth: Number of poolings, at least 1.
        seed: Seed of the initial weights; the same seed gives the same weights, whatever was built before.

    Returns:
        Functional model from `(batch, height, width, channels)` to float32 logits `(batch, height, width, 1)`.

    Raises:
        ValueError: Where a side is not divisible or a number is out of range.

    Reference:
        Zhang, Liu and Wang 2018, doi:10.1109/LGRS.2018.2802944; the blocks' order of layers: He et al. 2016, doi:10.1109/CVPR.2016.90.
    """
    check_numbers(input_shape, 2**depth, "2^depth", width=width, depth=depth)
    inputs = keras.Input(input_shape, name="image")
    filters = [width * 2**stage for stage in range(depth + 1)]
    bottom, skips = encode(inputs, filters, seed, residual_block, first=conv_pair)
    return keras.Model(inputs, give_logits(decode(bottom, skips, filters, seed, residual_up_block), seed), name="resunet")


def residual_block(x: Any, filters: int, name: str, seed: int) -> Any:
    """Add a main path (3x3 convolution, norm, ReLU, 3x3 convolution, norm) and a short one (1x1 convolution, norm), then ReLU.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, height, width, filters)`.
    """
    main = conv_block(x, filters, f"{name}_1", seed)
    main = conv_norm(main, filters, f"{name}_2", seed)
    short = conv_norm(x, filters, f"{name}_short", seed, side=1)
    return keras.layers.Activation("relu", name=f"{name}_relu")(keras.layers.Add(name=f"{name}_add")([main, short]))


def residual_up_block(x: Any, skip: Any, filters: int, name: str, seed: int) -> Any:
    """2x2 up-sampling, the encoder's feature maps beside it, residual block.

    Args:
        x: Tensor `(batch, height, width, channels)` of the stage below.
        skip: Tensor `(batch, 2 height, 2 width, any)` of the encoder.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, 2 height, 2 width, filters)`.
    """
    x = keras.layers.UpSampling2D(2, name=f"{name}_up")(x)
    x = keras.layers.Concatenate(name=f"{name}_skip")([skip, x])
    return residual_block(x, filters, name, seed)
