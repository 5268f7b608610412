"""The DeepLabv3+ on an EfficientNet-Lite0."""

from __future__ import annotations

import keras

from tumourflow.networks.deeplab_head import check_atrous, plus_logits
from tumourflow.networks.head import InputShape
from tumourflow.networks.lite0 import build_lite0


def build_deeplabv3plus_lite0(input_shape: InputShape, width: int = 16, output_stride: int = 16, seed: int = 0) -> keras.Model:
    """Build a DeepLabv3+ whose encoder is the EfficientNet-Lite0, so that it can begin with ImageNet weights.

    With `w = width`, an input of `s` x `s` pixels and output stride `o` (16 or 8):

    | stage | layers | feature maps | side |
    | --- | --- | --- | --- |
    | `encoder` | EfficientNet-Lite0, dilated beyond stride `o` (`build_lite0`) | 16, 24, 40, 112, 320 | `s / 2` ... `s / o` |
    | `aspp` | 1x1, three dilated 3x3 and image pooling side by side, 1x1 convolution (`aspp`) | `4 w` | `s / o` |
    | `decoder` | up-sampling, the encoder's 24 reduced to `3 w / 4` beside it, two 3x3 convolutions | `4 w` | `s / 4` |
    | `logits_coarse` | 1x1 convolution, always float32 | 1 | `s / 4` |
    | `logits` | bilinear up-sampling, always float32 | 1 | `s` |

    For 5 channels and the defaults there are 3,696,369 weights, averages of the normalisation included.

    Args:
        input_shape: `(height, width, channels)`; both sides divisible by `output_stride`, or none, for images of any such size.
        width: A quarter of the feature maps of pyramid and decoder, at least 1; the encoder's are as they are.
        output_stride: Sides of the image over sides of the last feature map, 16 or 8.
        seed: Seed of the initial weights; the same seed gives the same weights, whatever was built before.

    Returns:
        Functional model from `(batch, height, width, channels)` to float32 logits `(batch, height, width, 1)`.

    Raises:
        ValueError: Where a side is not divisible or a number is out of range.

    Reference:
        Chen et al. 2018, doi:10.1007/978-3-030-01234-2_49; Tan and Le 2019, doi:10.48550/arXiv.1905.11946.
    """
    check_atrous(input_shape, width, output_stride)
    inputs = keras.Input(input_shape, name="image")
    stages = build_lite0(inputs, seed, output_stride)
    return keras.Model(inputs, plus_logits(stages, width, output_stride, seed), name="deeplabv3plus_lite0")
