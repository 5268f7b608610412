from collections.abc import Callable

import pytest

from tumourflow.networks import build_unet, build_unet_lite0


def pair(before: int, after: int) -> int:
    norm = 4 * after  # scale, offset, and the two moving averages
    return 9 * before * after + norm + 9 * after * after + norm


def up(before: int, skip: int, after: int) -> int:
    """2x2 up-convolution from the stage below, and two convolutions on it and the skip."""
    return 4 * before * after + pair(skip + after, after)


def parameters_of(channels: int, width: int, depth: int) -> int:
    """Weights of the paper's layout, counted stage by stage."""
    widths = [width * 2**stage for stage in range(depth + 1)]
    down = sum(pair(before, after) for before, after in zip([channels, *widths], widths, strict=False))
    return down + sum(up(2 * after, after, after) for after in widths[:-1]) + width + 1  # 1x1 head with bias


def parameters_behind_lite0(channels: int, width: int) -> int:
    """Weights of all but the encoder: a convolution on the image, and a stage for it and for each of the encoder's."""
    detail = 9 * channels * width + 4 * width
    stages = [(320, 112, 8 * width), (8 * width, 40, 4 * width), (4 * width, 24, 2 * width), (2 * width, 16, width), (width, width, width)]
    return detail + sum(up(*stage) for stage in stages) + width + 1


@pytest.mark.parametrize(("channels", "width", "depth"), [(3, 4, 2), (5, 2, 4)])
def test_the_number_of_weights_is_that_of_the_layout(channels: int, width: int, depth: int) -> None:
    assert build_unet((32, 32, channels), width, depth).count_params() == parameters_of(channels, width, depth)


@pytest.mark.parametrize(("channels", "width"), [(3, 2), (1, 3)])
def test_on_a_lite0_it_is_that_of_encoder_and_decoder(channels: int, width: int, count_lite0: Callable[..., int]) -> None:
    expected = count_lite0(channels, norm=4) + parameters_behind_lite0(channels, width)
    assert build_unet_lite0((32, 32, channels), width).count_params() == expected


def test_the_number_of_weights_that_is_told_is_that_of_the_layout(count_lite0: Callable[..., int]) -> None:
    assert f" {parameters_of(5, 16, 4):,} weights" in str(build_unet.__doc__)
    assert f" {count_lite0(5, norm=4) + parameters_behind_lite0(5, 16):,} weights" in str(build_unet_lite0.__doc__)


def test_feature_maps_double_and_sides_halve_at_each_stage() -> None:
    model = build_unet((32, 32, 3), width=4, depth=2)
    shapes = {name: model.get_layer(name).output.shape[1:] for name in ("down_0_2_relu", "down_1_2_relu", "bottom_2_relu", "up_0_2_relu")}
    assert shapes == {
        "down_0_2_relu": (32, 32, 4),
        "down_1_2_relu": (16, 16, 8),
        "bottom_2_relu": (8, 8, 16),
        "up_0_2_relu": (32, 32, 4),
    }


def test_a_side_that_cannot_be_halved_is_refused() -> None:
    with pytest.raises(ValueError, match=r"divisible by 2\^depth = 4. Received: input_shape=\(30, 32, 3\)"):
        build_unet((30, 32, 3), width=4, depth=2)


@pytest.mark.parametrize(("width", "depth"), [(0, 1), (4, 0)])
def test_numbers_below_one_are_refused(width: int, depth: int) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        build_unet((32, 32, 3), width, depth)
