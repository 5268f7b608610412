import pytest

from tumourflow.networks import build_unet


def parameters_of(channels: int, width: int, depth: int) -> int:
    """Weights of the paper's layout, counted stage by stage."""

    def pair(before: int, after: int) -> int:
        norm = 4 * after  # scale, offset, and the two moving averages
        return 9 * before * after + norm + 9 * after * after + norm

    total, before = 0, channels
    for stage in range(depth):
        total, before = total + pair(before, width * 2**stage), width * 2**stage
    total += pair(before, width * 2**depth)
    for stage in range(depth):
        after = width * 2**stage
        up = 4 * (2 * after) * after  # 2x2 up-convolution from the stage below
        total += up + pair(2 * after, after)  # the skip doubles the feature maps
    return total + width + 1  # 1x1 head with bias


@pytest.mark.parametrize(("channels", "width", "depth"), [(3, 4, 2), (5, 2, 4)])
def test_the_number_of_weights_is_that_of_the_layout(channels: int, width: int, depth: int) -> None:
    assert build_unet((32, 32, channels), width, depth).count_params() == parameters_of(channels, width, depth)


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
