"""The ResNet-50."""

from __future__ import annotations

from typing import Any

import keras

from tumourflow.networks.blocks import MOMENTUM, seeded
from tumourflow.networks.dilation import DilatedConv2D
from tumourflow.networks.normalisation import FusedBatchNormalization

BLOCKS = (3, 4, 6, 3)
"""Number of blocks of `conv2` to `conv5`."""
EXPANSION = 4
"""Feature maps that leave a block over those inside it."""
EPSILON = 1.001e-5
"""Keras's, so that its weights give its activations."""


def build_resnet50(inputs: Any, width: int = 64, output_stride: int = 32, seed: int = 0) -> list[Any]:
    """Append a ResNet-50 without its classifier to a tensor.

    With `w = width` and an input of `s` x `s` pixels:

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `conv1` | 7x7 convolution, stride 2 | `w` | `s / 2` |
    | `conv2` | 3x3 max pooling, stride 2; 3 blocks | `4 w` | `s / 4` |
    | `conv3` | 4 blocks, the first with stride 2 | `8 w` | `s / 8` |
    | `conv4` | 6 blocks, the first with stride 2 | `16 w` | `s / 16` |
    | `conv5` | 3 blocks, the first with stride 2 | `32 w` | `s / 32` |

    A block is 1x1, 3x3 and 1x1 convolution, each with bias and batch normalisation, plus its input (in a stage's first block, its input
    after a 1x1 convolution). A stage that would pass `output_stride` keeps the side of the one before, and its 3x3 convolutions are
    dilated by the factor left out, so that they see as far as they would have.

    Names, padding, biases and epsilon are those of `keras.applications.ResNet50`: with 64 feature maps and 3 channels its ImageNet
    weights can be loaded by layer name.

    Args:
        inputs: Tensor `(batch, height, width, channels)`.
        width: Number of feature maps of the first stage, at least 1.
        output_stride: Sides of the image over sides of the last feature maps: 8, 16, or 32 for no dilation.
        seed: Seed of the initial weights.

    Returns:
        Outputs of `conv1` to `conv5`, the finest first.

    Raises:
        ValueError: Where there is no such output stride.

    Reference:
        He et al. 2016, doi:10.1109/CVPR.2016.90; dilation: Chen et al. 2017, doi:10.48550/arXiv.1706.05587.
    """
    if output_stride not in (8, 16, 32):
        msg = f"`output_stride` must be 8, 16 or 32. Received: output_stride={output_stride}."
        raise ValueError(msg)
    x = keras.layers.ZeroPadding2D(3, name="conv1_pad")(inputs)
    stages = [_conv_norm(x, width, "conv1", seed, side=7, stride=2, padding="valid", relu=True)]
    x = keras.layers.ZeroPadding2D(1, name="pool1_pad")(stages[0])
    x = keras.layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, blocks in enumerate(BLOCKS):
        whole = 4 * 2**stage
        stride = 2 if stage and whole <= output_stride else 1
        for block in range(1, blocks + 1):
            layout = {"stride": stride if block == 1 else 1, "dilation": max(1, whole // output_stride), "project": block == 1}
            x = _bottleneck(x, width * 2**stage, f"conv{stage + 2}_block{block}", seed, **layout)
        stages.append(x)
    return stages


def _bottleneck(x: Any, filters: int, name: str, seed: int, *, stride: int, dilation: int, project: bool) -> Any:
    short = _conv_norm(x, EXPANSION * filters, f"{name}_0", seed, stride=stride) if project else x
    x = _conv_norm(x, filters, f"{name}_1", seed, stride=stride, relu=True)
    x = _conv_norm(x, filters, f"{name}_2", seed, side=3, dilation=dilation, relu=True)
    x = _conv_norm(x, EXPANSION * filters, f"{name}_3", seed)
    x = keras.layers.Add(name=f"{name}_add")([short, x])
    return keras.layers.Activation("relu", name=f"{name}_out")(x)


def _conv_norm(
    x: Any,
    filters: int,
    name: str,
    seed: int,
    *,
    side: int = 1,
    stride: int = 1,
    dilation: int = 1,
    padding: str = "same",
    relu: bool = False,
) -> Any:
    # `conv1_conv` has the norm `conv1_bn`, a block's `conv2_block1_1_conv` has `conv2_block1_1_bn`.
    layer = DilatedConv2D if dilation > 1 else keras.layers.Conv2D
    kernel = f"{name}_conv"
    layout = {"strides": stride, "padding": padding, "dilation_rate": dilation, "kernel_initializer": seeded(kernel, seed)}
    x = layer(filters, side, **layout, name=kernel)(x)
    x = FusedBatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=f"{name}_bn")(x)
    return keras.layers.Activation("relu", name=f"{name}_relu")(x) if relu else x
