"""The U-Net of selective-kernel blocks."""

from __future__ import annotations

from typing import Any

import keras

from tumourflow.networks.blocks import conv_block, decode, encode, seeded, up_convolve
from tumourflow.networks.head import InputShape, check_numbers, give_logits


def build_sk_unet(input_shape: InputShape, width: int = 16, depth: int = 4, seed: int = 0) -> keras.Model:
    """Build a U-Net that chooses its field of view at every stage and gives one logit a pixel.

    With `w = width` and an input of `s` x `s` pixels, stage `k` has `w 2^k` feature maps of `s / 2^k` pixels a side:

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `down_0` ... `down_<depth-1>` | selective-kernel block, then 2x2 max pooling | `w` ... `w 2^(depth-1)` | `s` ... `s / 2^(depth-1)` |
    | `bottom` | selective-kernel block | `w 2^depth` | `s / 2^depth` |
    | `up_<depth-1>` ... `up_0` | 2x2 up-convolution, skip, selective-kernel block | `w 2^(depth-1)` ... `w` | `s / 2^(depth-1)` ... `s` |
    | `logits` | 1x1 convolution, always float32 | 1 | `s` |

    For 5 channels and the defaults there are 1,858,305 weights, averages of the normalisation included.

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
        Byra et al. 2020, doi:10.1016/j.bspc.2020.102027; selective kernels: Li et al. 2019, doi:10.1109/CVPR.2019.00060.
    """
    check_numbers(input_shape, 2**depth, "2^depth", width=width, depth=depth)
    inputs = keras.Input(input_shape, name="image")
    filters = [width * 2**stage for stage in range(depth + 1)]
    bottom, skips = encode(inputs, filters, seed, selective_block)
    return keras.Model(inputs, give_logits(decode(bottom, skips, filters, seed, selective_up_block), seed), name="sk_unet")


def selective_block(x: Any, filters: int, name: str, seed: int) -> Any:
    """Weigh a wide and a narrow view of each feature map by what the whole image shows.

    `U1` is a 3x3 convolution with dilation 2, `U2` one without, each with norm and ReLU. The mean of `U1 + U2` over the image goes
    through a dense layer to half as many numbers, ReLU, and a dense layer with sigmoid to one attention `a` per feature map:
    `a U1 + (1 - a) U2`.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, height, width, filters)`.

    Reference:
        Li et al. 2019, doi:10.1109/CVPR.2019.00060, section 3.1, with two branches.
    """
    wide = conv_block(x, filters, f"{name}_wide", seed, dilation=2)
    near = conv_block(x, filters, f"{name}_near", seed)
    attention = _attend(keras.layers.Add(name=f"{name}_sum")([wide, near]), filters, name, seed)
    # a U1 + (1 - a) U2 = U2 + a (U1 - U2): one product of whole feature maps instead of two.
    difference = keras.layers.Subtract(name=f"{name}_difference")([wide, near])
    chosen = keras.layers.Multiply(name=f"{name}_chosen")([attention, difference])
    return keras.layers.Add(name=f"{name}_out")([near, chosen])


def _attend(x: Any, filters: int, name: str, seed: int) -> Any:
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_mean")(x)
    squeeze, excite = f"{name}_squeeze", f"{name}_attention"
    half = max(1, filters // 2)
    mean = keras.layers.Dense(half, activation="relu", kernel_initializer=seeded(squeeze, seed), name=squeeze)(mean)
    return keras.layers.Dense(filters, activation="sigmoid", kernel_initializer=seeded(excite, seed), name=excite)(mean)


def selective_up_block(x: Any, skip: Any, filters: int, name: str, seed: int) -> Any:
    """2x2 up-convolution, the encoder's feature maps beside it, selective-kernel block.

    Args:
        x: Tensor `(batch, height, width, channels)` of the stage below.
        skip: Tensor `(batch, 2 height, 2 width, any)` of the encoder.
        filters: Number of feature maps that come out.
        name: Prefix of the layers' names.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, 2 height, 2 width, filters)`.
    """
    x = keras.layers.Concatenate(name=f"{name}_skip")([skip, up_convolve(x, filters, name, seed)])
    return selective_block(x, filters, name, seed)
