from collections.abc import Callable
from functools import cache

import keras
import pytest

from tumourflow.networks import build_deeplabv3, build_deeplabv3plus, build_deeplabv3plus_lite0

NORM = 4
"""Weights of a norm for each feature map: scale, offset and two moving averages."""


def resnet_parameters(channels: int, width: int) -> int:
    """Convolutions with bias and norm of ResNet-50."""
    total, before = (49 * channels + 1 + NORM) * width, width
    for stage, blocks in enumerate([3, 4, 6, 3]):
        inside = width * 2**stage
        after = 4 * inside
        total += (before + 1 + NORM) * after  # the first block's short path
        for _ in range(blocks):
            total += (before + 1 + NORM) * inside + (9 * inside + 1 + NORM) * inside + (inside + 1 + NORM) * after
            before = after
    return total


def pyramid_parameters(before: int, width: int) -> int:
    """Three dilated branches, one plain, one of the image, and five widths reduced to one."""
    branches = 3 * (9 * before + NORM) * width + 2 * (before + NORM) * width
    return branches + (5 * width + NORM) * width


def decoder_parameters(before: int, width: int, low: int, low_width: int) -> int:
    reduced = (low + NORM) * low_width
    return reduced + (9 * (before + low_width) + NORM) * width + (9 * width + NORM) * width


def head_parameters(width: int) -> int:
    return 4 * width + 1


def plus_parameters(high: int, low: int, width: int) -> int:
    """All of DeepLabv3+ that follows an encoder whose last and second stage have that many feature maps."""
    decoder = decoder_parameters(4 * width, 4 * width, low, max(1, 3 * width // 4))
    return pyramid_parameters(high, 4 * width) + decoder + head_parameters(width)


def deeplab_parameters(channels: int, width: int) -> dict[str, int]:
    encoder = resnet_parameters(channels, width)
    plain = encoder + pyramid_parameters(32 * width, 4 * width) + head_parameters(width)
    return {"deeplabv3": plain, "deeplabv3plus": encoder + plus_parameters(32 * width, 4 * width, width)}


@cache
def build(network: Callable[..., keras.Model], width: int, output_stride: int) -> keras.Model:
    return network((None, None, 3), width, output_stride)


@pytest.mark.parametrize(
    ("network", "width", "output_stride"), [(build_deeplabv3, 4, 8), (build_deeplabv3, 3, 16), (build_deeplabv3plus, 3, 16)]
)
def test_the_number_of_weights_is_that_of_the_layout(network: Callable[..., keras.Model], width: int, output_stride: int) -> None:
    model = build(network, width, output_stride)
    assert model.count_params() == deeplab_parameters(3, width)[model.name]


@pytest.mark.parametrize(("channels", "width", "output_stride"), [(3, 1, 16), (1, 5, 8)])
def test_on_a_lite0_it_is_that_of_encoder_pyramid_and_decoder(
    channels: int, width: int, output_stride: int, count_lite0: Callable[..., int]
) -> None:
    model = build_deeplabv3plus_lite0((None, None, channels), width, output_stride)
    assert model.count_params() == count_lite0(channels, norm=4) + plus_parameters(320, 24, width)


def test_the_number_of_weights_that_is_told_is_that_of_the_layout(count_lite0: Callable[..., int]) -> None:
    derived = deeplab_parameters(5, 16)
    assert f" {derived['deeplabv3']:,} weights" in str(build_deeplabv3.__doc__)
    assert f" {derived['deeplabv3plus']:,} weights" in str(build_deeplabv3plus.__doc__)
    assert f" {count_lite0(5, norm=4) + plus_parameters(320, 24, 16):,} weights" in str(build_deeplabv3plus_lite0.__doc__)


def test_width_64_has_the_papers_encoder_and_forty_million_weights() -> None:
    assert resnet_parameters(3, 64) == 23_587_712  # as Keras publishes it
    assert deeplab_parameters(5, 64) == {"deeplabv3": 39_132_417, "deeplabv3plus": 40_437_185}


def test_the_pyramids_rates_double_where_the_output_stride_halves() -> None:
    models = [build(build_deeplabv3, width, output_stride) for width, output_stride in [(3, 16), (4, 8)]]
    rates = [[model.get_layer(f"aspp_{place}_conv").dilation_rate[0] for place in (0, 1, 2, 3)] for model in models]
    assert rates == [[1, 6, 12, 18], [1, 12, 24, 36]]


@pytest.mark.parametrize("network", [build_deeplabv3, build_deeplabv3plus])
def test_another_output_stride_is_refused(network: Callable[..., keras.Model]) -> None:
    with pytest.raises(ValueError, match=r"must be one of \[8, 16\]. Received: output_stride=32"):
        network((None, None, 3), 2, 32)
