"""The U-Net."""

from __future__ import annotations

import keras

from tumourflow.networks.blocks import decode, encode
from tumourflow.networks.head import InputShape, check_numbers, give_logits


def build_unet(input_shape: InputShape, width: int = 16, depth: int = 4, seed: int = 0) -> keras.Model:
    """Build a U-Net that gives one logit a pixel.

    With `w = width` and an input of `s` x `s` pixels, stage `k` has `w 2^k` feature maps of `s / 2^k` pixels a side:

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `down_0` ... `down_<depth-1>` | two 3x3 convolutions, then 2x2 max pooling | `w` ... `w 2^(depth-1)` | `s` ... `s / 2^(depth-1)` |
    | `bottom` | two 3x3 convolutions | `w 2^depth` | `s / 2^depth` |
    | `up_<depth-1>` ... `up_0` | 2x2 up-convolution, skip, two 3x3 convolutions | `w 2^(depth-1)` ... `w` | `s / 2^(depth-1)` ... `s` |
    | `logits` | 1x1 convolution, always float32 | 1 | `s` |

    Unlike the paper's, convolutions pad (so that input and output agree) and are followed by batch normalisation.

    For 5 channels and the defaults there are 1,945,569 weights, averages of the normalisation included.

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
        Ronneberger, Fischer and Brox 2015, doi:10.1007/978-3-319-24574-4_28.
    """
    check_numbers(input_shape, 2**depth, "2^depth", width=width, depth=depth)
    inputs = keras.Input(input_shape, name="image")
    filters = [width * 2**stage for stage in range(depth + 1)]
    bottom, skips = encode(inputs, filters, seed)
    return keras.Model(inputs, give_logits(decode(bottom, skips, filters, seed), seed), name="unet")
