"""The U-Net on an EfficientNet-Lite0."""

from __future__ import annotations

import keras

from tumourflow.networks.blocks import conv_block, decode
from tumourflow.networks.head import InputShape, check_numbers, give_logits
from tumourflow.networks.lite0 import build_lite0

STRIDE = 32
"""Sides of the image over sides of the bottom."""
GROWTH = (1, 1, 2, 4, 8)
"""Feature maps of the decoder's stages over `width`, the finest first."""


def build_unet_lite0(input_shape: InputShape, width: int = 16, seed: int = 0) -> keras.Model:
    """Build a U-Net whose encoder is the EfficientNet-Lite0, so that it can begin with ImageNet weights.

    With `w = width` and an input of `s` x `s` pixels:

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `encoder` | EfficientNet-Lite0 (`build_lite0`) | 16, 24, 40, 112, 320 | `s / 2`, `s / 4`, `s / 8`, `s / 16`, `s / 32` |
    | `detail` | 3x3 convolution on the image, since the encoder begins at half the side | `w` | `s` |
    | `up_4` ... `up_0` | 2x2 up-convolution, skip, two 3x3 convolutions | `8 w`, `4 w`, `2 w`, `w`, `w` | `s / 16` ... `s` |
    | `logits` | 1x1 convolution, always float32 | 1 | `s` |

    For 5 channels and the defaults there are 3,769,473 weights, averages of the normalisation included.

    Args:
        input_shape: `(height, width, channels)`; both sides divisible by 32, or none, for images of any such size.
        width: Number of feature maps of the decoder's last stage, at least 1; the encoder's are as they are.
        seed: Seed of the initial weights; the same seed gives the same weights, whatever was built before.

    Returns:
        Functional model from `(batch, height, width, channels)` to float32 logits `(batch, height, width, 1)`.

    Raises:
        ValueError: Where a side is not divisible or a number is out of range.

    Reference:
        Ronneberger, Fischer and Brox 2015, doi:10.1007/978-3-319-24574-4_28; Tan and Le 2019, doi:10.48550/arXiv.1905.11946.
    """
    check_numbers(input_shape, STRIDE, "the encoder's stride", width=width)
    inputs = keras.Input(input_shape, name="image")
    *skips, bottom = build_lite0(inputs, seed)
    detail = conv_block(inputs, width, "detail", seed)
    x = decode(bottom, [detail, *skips], [width * growth for growth in GROWTH], seed)
    return keras.Model(inputs, give_logits(x, seed), name="unet_lite0")
