"""A small residual network that learns from nothing within minutes."""

from __future__ import annotations

from typing import Any

import keras

from tumourflow.networks.blocks import conv_block, conv_norm
from tumourflow.networks.class_head import give_class_logits
from tumourflow.networks.head import InputShape, check_numbers
from tumourflow.networks.largest import FirstLargestPooling2D

BLOCKS = (1, 2, 2, 1)
"""Number of blocks of `down_0` to `down_3`."""


def build_cnn(input_shape: InputShape, classes: int, width: int = 16, seed: int = 0) -> keras.Model:
    """Build a plain residual network for images of few thousand.

    With `w = width` and an input of `s` x `s` pixels:

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `stem` | 3x3 convolution, 2x2 max pooling | `w` | `s / 2` |
    | `down_0` | 1 block | `w` | `s / 2` |
    | `down_1` | 2x2 max pooling, 2 blocks | `2 w` | `s / 4` |
    | `down_2` | 2x2 max pooling, 2 blocks | `4 w` | `s / 8` |
    | `down_3` | 2x2 max pooling, 1 block | `8 w` | `s / 16` |
    | `pool_mean`, `pool_largest` | mean and largest of each feature map | `16 w` | |
    | `logits` | dropout, dense, always float32 | `classes` | |

    A block is two 3x3 convolutions with batch normalisation, plus its input (in a stage's first block that widens, its input after a 1x1
    convolution). All convolutions are dense, since depthwise ones have no fast gradient on most processors. Largest values stand beside
    the means, because a small tumour hardly moves a mean over the whole image.

    With `c` channels there are `9 c w + 2 w` weights in the stem, `18 a b + 4 b` for a block from `a` to `b = a` feature maps,
    `9 a b + 9 b b + a b + 6 b` for one that widens, and `16 w classes + classes` behind the pooling; 400,882 for 5 channels, 16
    feature maps and 2 classes, 1,824 averages of the normalisation not counted.

    Args:
        input_shape: `(height, width, channels)`; both sides divisible by 16, or none, for images of any such size.
        classes: Number of classes, at least 2.
        width: Number of feature maps of the first stage, at least 1.
        seed: Seed of the initial weights and of the dropout.

    Returns:
        Functional model from `(batch, height, width, channels)` to float32 logits `(batch, classes)`.

    Raises:
        ValueError: Where a side is not divisible or a number is out of range.

    Reference:
        He et al. 2016, doi:10.1109/CVPR.2016.90.
    """
    check_numbers(input_shape, 2 ** len(BLOCKS), "2^4", width=width)
    inputs = keras.Input(input_shape, name="image")
    x = conv_block(inputs, width, "down_stem", seed)
    for stage, blocks in enumerate(BLOCKS):
        x = keras.layers.MaxPooling2D(2, name=f"down_{stage}_pool")(x)
        for block in range(1, blocks + 1):
            x = _residual(x, width * 2**stage, f"down_{stage}_block{block}", seed)
    pooled = [keras.layers.GlobalAveragePooling2D(name="pool_mean")(x), FirstLargestPooling2D(name="pool_largest")(x)]
    return keras.Model(inputs, give_class_logits(keras.layers.Concatenate(name="pool")(pooled), classes, (), seed), name="cnn")


def _residual(x: Any, filters: int, name: str, seed: int) -> Any:
    short = x if x.shape[-1] == filters else conv_norm(x, filters, f"{name}_0", seed, side=1)
    x = conv_norm(conv_block(x, filters, f"{name}_1", seed), filters, f"{name}_2", seed)
    return keras.layers.Activation("relu", name=f"{name}_out")(keras.layers.Add(name=f"{name}_add")([short, x]))
