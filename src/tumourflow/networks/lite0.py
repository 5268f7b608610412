"""The EfficientNet-Lite0, an encoder whose ImageNet weights come as a package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from tumourflow.networks.blocks import MOMENTUM, seeded
from tumourflow.networks.depthwise import QuickDepthwiseConv2D
from tumourflow.networks.normalisation import FusedBatchNormalization

EPSILON = 1e-3
"""The published network's, so that its weights give its activations."""
STEM = 32
"""Feature maps of the first convolution."""
HEAD = 1280
"""Feature maps that a classifier pools."""


@dataclass(frozen=True)
class Stage:
    """Blocks with one number of feature maps.

    Attributes:
        blocks: Number of blocks.
        kernel: Height and width of the depthwise kernel.
        stride: Of the first block; the others have 1.
        expansion: Feature maps inside a block over those that come in.
        filters: Number of feature maps that come out.
    """

    blocks: int
    kernel: int
    stride: int
    expansion: int
    filters: int


STAGES = (
    Stage(blocks=1, kernel=3, stride=1, expansion=1, filters=16),
    Stage(blocks=2, kernel=3, stride=2, expansion=6, filters=24),
    Stage(blocks=2, kernel=5, stride=2, expansion=6, filters=40),
    Stage(blocks=3, kernel=3, stride=2, expansion=6, filters=80),
    Stage(blocks=3, kernel=5, stride=1, expansion=6, filters=112),
    Stage(blocks=4, kernel=5, stride=2, expansion=6, filters=192),
    Stage(blocks=1, kernel=3, stride=1, expansion=6, filters=320),
)
SKIPS = (0, 1, 2, 4, 6)
"""Stages that are the last of their stride."""


def build_lite0(inputs: Any, seed: int = 0, output_stride: int = 32) -> list[Any]:
    """Append the EfficientNet-Lite0 without its head to a tensor.

    It is EfficientNet-B0 without squeeze-and-excitation, with ReLU6 in place of swish. With an input of `s` x `s` pixels:

    | layers | blocks | depthwise kernel | feature maps | side |
    | --- | --- | --- | --- | --- |
    | `encoder_stem` | 3x3 convolution, stride 2 | | 32 | `s / 2` |
    | `encoder_block_0` | 1 | 3x3 | 16 | `s / 2` |
    | `encoder_block_1`, `_2` | 2 | 3x3 | 24 | `s / 4` |
    | `encoder_block_3`, `_4` | 2 | 5x5 | 40 | `s / 8` |
    | `encoder_block_5` ... `_7` | 3 | 3x3 | 80 | `s / 16` |
    | `encoder_block_8` ... `_10` | 3 | 5x5 | 112 | `s / 16` |
    | `encoder_block_11` ... `_14` | 4 | 5x5 | 192 | `s / 32` |
    | `encoder_block_15` | 1 | 3x3 | 320 | `s / 32` |

    A block is 1x1 convolution to six times the feature maps (not in the first), depthwise convolution and 1x1 convolution, each with
    batch normalisation, the first two with ReLU6; plus its input where the shape is the same. A stage that would pass `output_stride`
    keeps the side of the one before, and the depthwise convolutions after its first are dilated by the factor left out, so that they
    see as far as they would have.

    Names and numbering are those of the published network, so that its ImageNet weights can be loaded (`load_weights`). Same padding at
    stride 2 pads more at the right and bottom, as there. Its random dropping of whole blocks is left out: it is for trainings of
    hundreds of epochs.

    Args:
        inputs: Tensor `(batch, height, width, channels)` of any number of channels; both sides divisible by `output_stride`.
        seed: Seed of the initial weights.
        output_stride: Sides of the image over sides of the last feature maps: 8, 16, or 32 for no dilation.

    Returns:
        Feature maps of strides 2, 4, 8, 16 and 32, the finest first; those beyond `output_stride` have that stride.

    Raises:
        ValueError: Where there is no such output stride.

    Reference:
        Tan and Le 2019, doi:10.48550/arXiv.1905.11946; blocks: Sandler et al. 2018, doi:10.1109/CVPR.2018.00474; the Lite variants:
        Liu 2020, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow blog.
    """
    if output_stride not in (8, 16, 32):
        msg = f"`output_stride` must be 8, 16 or 32. Received: output_stride={output_stride}."
        raise ValueError(msg)
    x = _conv_norm(inputs, STEM, "encoder_stem", seed, side=3, stride=2)
    x = _relu6(x, "encoder_stem")
    outputs, number, whole = [], 0, 2
    for stage in STAGES:
        # `whole` is the stride that the published network has there.
        for block in range(stage.blocks):
            dilation = max(1, whole // output_stride)
            whole *= stage.stride if block == 0 else 1
            stride = stage.stride if block == 0 and whole <= output_stride else 1
            x = _block(x, stage, f"encoder_block_{number}", seed, stride=stride, dilation=dilation)
            number += 1
        outputs.append(x)
    return [outputs[place] for place in SKIPS]


def append_lite0_head(x: Any, seed: int = 0) -> Any:
    """Append what the published network has between its encoder and a classifier's pooling.

    Args:
        x: Last tensor of `build_lite0`.
        seed: Seed of the initial weights.

    Returns:
        Tensor `(batch, height, width, 1280)`; its layers `encoder_head_...` have ImageNet weights too.
    """
    return _relu6(_conv_norm(x, HEAD, "encoder_head", seed), "encoder_head")


def _block(x: Any, stage: Stage, name: str, seed: int, *, stride: int, dilation: int) -> Any:
    before = x
    if stage.expansion > 1:
        x = _relu6(_conv_norm(x, before.shape[-1] * stage.expansion, f"{name}_expand", seed), f"{name}_expand")
    kernel = f"{name}_depthwise_conv"
    layout = {"strides": stride, "dilation_rate": dilation, "padding": "same", "use_bias": False}
    x = QuickDepthwiseConv2D(stage.kernel, **layout, depthwise_initializer=_seeded(kernel, x.shape[-1], seed), name=kernel)(x)
    x = FusedBatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=f"{name}_depthwise_norm")(x)
    x = _conv_norm(_relu6(x, f"{name}_depthwise"), stage.filters, f"{name}_project", seed)
    # The first block of every stage changes the number of feature maps, the others keep the shape.
    return keras.layers.Add(name=f"{name}_add")([before, x]) if before.shape[-1] == stage.filters else x


def _seeded(name: str, channels: int, seed: int) -> keras.initializers.Initializer:
    # Keras counts all feature maps as what comes in, a depthwise kernel sees one.
    return keras.initializers.VarianceScaling(2.0 * channels, seed=seeded(name, seed).seed)


def _conv_norm(x: Any, filters: int, name: str, seed: int, *, side: int = 1, stride: int = 1) -> Any:
    kernel = f"{name}_conv"
    layout = {"strides": stride, "padding": "same", "use_bias": False, "kernel_initializer": seeded(kernel, seed)}
    x = keras.layers.Conv2D(filters, side, **layout, name=kernel)(x)
    return FusedBatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=f"{name}_norm")(x)


def _relu6(x: Any, name: str) -> Any:
    return keras.layers.Activation("relu6", name=f"{name}_relu6")(x)
