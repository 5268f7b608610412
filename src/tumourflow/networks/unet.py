"""The U-Net."""

from __future__ import annotations

import math

import keras

from tumourflow.networks.blocks import conv_pair, seeded, up_block

TUMOUR_SHARE = 0.05
"""Share of tumour among the pixels that an untrained network expects, so that no step is spent on learning that most are none."""


def build_unet(input_shape: tuple[int | None, int | None, int], width: int = 16, depth: int = 4, seed: int = 0) -> keras.Model:
    """Build a U-Net that gives one logit a pixel.

    With `w = width` and an input of `s` x `s` pixels, stage `k` has `w 2^k` feature maps of `s / 2^k` pixels a side:

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `down_0` ... `down_<depth-1>` | two 3x3 convolutions, then 2x2 max pooling | `w` ... `w 2^(depth-1)` | `s` ... `s / 2^(depth-1)` |
    | `bottom` | two 3x3 convolutions | `w 2^depth` | `s / 2^depth` |
    | `up_<depth-1>` ... `up_0` | 2x2 up-convolution, skip, two 3x3 convolutions | `w 2^(depth-1)` ... `w` | `s / 2^(depth-1)` ... `s` |
    | `logits` | 1x1 convolution, always float32 | 1 | `s` |

    Unlike the paper's, convolutions pad (so that input and output agree) and are followed by batch normalisation.

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
        Ronneberger, Fischer and Brox 2015, doi:10.1007/978-3-319-24574-4_28; bias of the head: Lin et al. 2017,
        doi:10.1109/ICCV.2017.324.
    """
    _check(input_shape, width, depth)

    # === Layers and wiring ===
    inputs = keras.Input(input_shape, name="image")
    x = inputs
    skips = []
    for stage in range(depth):
        skip = conv_pair(x, width * 2**stage, f"down_{stage}", seed)
        skips.append(skip)
        x = keras.layers.MaxPooling2D(2, name=f"down_{stage}_pool")(skip)
    x = conv_pair(x, width * 2**depth, "bottom", seed)
    for stage in reversed(range(depth)):
        x = up_block(x, skips[stage], width * 2**stage, f"up_{stage}", seed)
    # Probabilities near 0 and 1 need more digits than bfloat16 has.
    prior = keras.initializers.Constant(math.log(TUMOUR_SHARE / (1 - TUMOUR_SHARE)))
    head = {"kernel_initializer": seeded("logits", seed), "bias_initializer": prior, "dtype": "float32", "name": "logits"}
    logits = keras.layers.Conv2D(1, 1, **head)(x)

    # === Functional model ===
    return keras.Model(inputs, logits, name="unet")


def _check(input_shape: tuple[int | None, int | None, int], width: int, depth: int) -> None:
    if width < 1 or depth < 1:
        msg = f"`width` and `depth` must be at least 1. Received: width={width}, depth={depth}."
        raise ValueError(msg)
    if any(side is not None and side % 2**depth for side in input_shape[:2]):
        msg = f"Both sides must be divisible by 2^depth = {2**depth}. Received: input_shape={input_shape}."
        raise ValueError(msg)
