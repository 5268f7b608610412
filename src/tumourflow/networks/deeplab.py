"""DeepLabv3 and DeepLabv3+ on a ResNet-50."""

from __future__ import annotations

import keras

from tumourflow.networks.deeplab_head import RATES, aspp, check_atrous, plus_logits, upsampled_logits
from tumourflow.networks.head import InputShape
from tumourflow.networks.resnet import build_resnet50


def build_deeplabv3(input_shape: InputShape, width: int = 16, output_stride: int = 16, seed: int = 0) -> keras.Model:
    """Build a DeepLabv3 that gives one logit a pixel.

    With `w = width`, an input of `s` x `s` pixels and output stride `o` (16 or 8):

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `conv1` ... `conv5` | ResNet-50, dilated beyond stride `o` (`build_resnet50`) | `w` ... `32 w` | `s / 2` ... `s / o` |
    | `aspp` | 1x1, three dilated 3x3 and image pooling side by side, 1x1 convolution (`aspp`) | `4 w` | `s / o` |
    | `logits_coarse` | 1x1 convolution, always float32 | 1 | `s / o` |
    | `logits` | bilinear up-sampling, always float32 | 1 | `s` |

    Unlike the paper's, the last block has one dilation instead of three (multi-grid): at the sides of these images they would reach
    beyond the feature map.

    For 5 channels and the defaults there are 2,474,817 weights, averages of the normalisation included.

    Args:
        input_shape: `(height, width, channels)`; both sides divisible by `output_stride`, or none, for images of any such size.
        width: Number of feature maps of the first stage, at least 1; the paper's is 64.
        output_stride: Sides of the image over sides of the last feature map, 16 or 8.
        seed: Seed of the initial weights; the same seed gives the same weights, whatever was built before.

    Returns:
        Functional model from `(batch, height, width, channels)` to float32 logits `(batch, height, width, 1)`.

    Raises:
        ValueError: Where a side is not divisible or a number is out of range.

    Reference:
        Chen et al. 2017, doi:10.48550/arXiv.1706.05587.
    """
    check_atrous(input_shape, width, output_stride)
    inputs = keras.Input(input_shape, name="image")
    high = build_resnet50(inputs, width, output_stride, seed)[-1]
    x = aspp(high, RATES[output_stride], 4 * width, seed=seed)
    return keras.Model(inputs, upsampled_logits(x, output_stride, seed), name="deeplabv3")


def build_deeplabv3plus(input_shape: InputShape, width: int = 16, output_stride: int = 16, seed: int = 0) -> keras.Model:
    """Build a DeepLabv3+ that gives one logit a pixel.

    With `w = width`, an input of `s` x `s` pixels and output stride `o` (16 or 8):

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `conv1` ... `conv5` | ResNet-50, dilated beyond stride `o` (`build_resnet50`) | `w` ... `32 w` | `s / 2` ... `s / o` |
    | `aspp` | 1x1, three dilated 3x3 and image pooling side by side, 1x1 convolution (`aspp`) | `4 w` | `s / o` |
    | `decoder` | up-sampling, `conv2` reduced to `3 w / 4` beside it, two 3x3 convolutions (`deeplab_decoder`) | `4 w` | `s / 4` |
    | `logits_coarse` | 1x1 convolution, always float32 | 1 | `s / 4` |
    | `logits` | bilinear up-sampling, always float32 | 1 | `s` |

    For 5 channels and the defaults there are 2,556,785 weights, averages of the normalisation included.

    Args:
        input_shape: `(height, width, channels)`; both sides divisible by `output_stride`, or none, for images of any such size.
        width: Number of feature maps of the first stage, at least 1; the paper's is 64.
        output_stride: Sides of the image over sides of the last feature map, 16 or 8.
        seed: Seed of the initial weights; the same seed gives the same weights, whatever was built before.

    Returns:
        Functional model from `(batch, height, width, channels)` to float32 logits `(batch, height, width, 1)`.

    Raises:
        ValueError: Where a side is not divisible or a number is out of range.

    Reference:
        Chen et al. 2018, doi:10.1007/978-3-030-01234-2_49.
    """
    check_atrous(input_shape, width, output_stride)
    inputs = keras.Input(input_shape, name="image")
    stages = build_resnet50(inputs, width, output_stride, seed)
    return keras.Model(inputs, plus_logits(stages, width, output_stride, seed), name="deeplabv3plus")
