import keras
import numpy as np
import pytest

from tumourflow.networks import build_sk_unet
from tumourflow.networks.sk_unet import selective_block


def parameters_of(channels: int, width: int, depth: int) -> int:
    """Weights of the layout, counted stage by stage; a norm has scale, offset and two moving averages."""

    def selective(before: int, after: int) -> int:
        half = max(1, after // 2)
        branches = 2 * (9 * before * after + 4 * after)
        return branches + (after * half + half) + (half * after + after)

    widths = [width * 2**stage for stage in range(depth + 1)]
    down = sum(selective(before, after) for before, after in zip([channels, *widths], widths, strict=False))
    up = sum(4 * widths[stage + 1] * widths[stage] + selective(2 * widths[stage], widths[stage]) for stage in range(depth))
    return down + up + width + 1


@pytest.mark.parametrize(("channels", "width", "depth"), [(3, 4, 2), (5, 1, 4)])
def test_the_number_of_weights_is_that_of_the_layout(channels: int, width: int, depth: int) -> None:
    assert build_sk_unet((32, 32, channels), width, depth).count_params() == parameters_of(channels, width, depth)


def test_the_number_of_weights_that_is_told_is_that_of_the_layout() -> None:
    assert f" {parameters_of(5, 16, 4):,} weights" in str(build_sk_unet.__doc__)


def test_every_stage_has_a_branch_with_dilation_2_and_one_without() -> None:
    model = build_sk_unet((16, 16, 3), width=2, depth=2)
    stages = ("down_0", "down_1", "bottom", "up_1", "up_0")
    rates = [model.get_layer(f"{stage}_{branch}_conv").dilation_rate for stage in stages for branch in ("wide", "near")]
    assert rates == [(2, 2), (1, 1)] * len(stages)


@pytest.fixture
def block() -> keras.Model:
    """One pixel, two feature maps, so that a 3x3 kernel is its centre; the norms do nothing."""
    inputs = keras.Input((1, 1, 1))
    model = keras.Model(inputs, selective_block(inputs, 2, "block", seed=0))
    for branch, values in {"wide": (1.0, 3.0), "near": (2.0, 4.0)}.items():
        kernel = np.zeros((3, 3, 1, 2))
        kernel[1, 1, 0] = values
        model.get_layer(f"block_{branch}_conv").set_weights([kernel])
        model.get_layer(f"block_{branch}_norm").set_weights([np.ones(2), np.zeros(2), np.zeros(2), np.ones(2) - 1e-3])
    return model


def give_attention(block: keras.Model, squeeze: list[list[list[float]]], attention: list[list[list[float]]]) -> None:
    block.get_layer("block_squeeze").set_weights([np.array(part) for part in squeeze])
    block.get_layer("block_attention").set_weights([np.array(part) for part in attention])


def test_the_attention_is_that_of_a_hand(block: keras.Model) -> None:
    """U1 = (1, 3), U2 = (2, 4), sum (3, 7); squeezed by (1, -2/7) to 1; ln 3 and 0 of it give attention 3/4 and 1/2."""
    give_attention(block, [[[1.0], [-2 / 7]], [0.0]], [[[np.log(3), 0.0]], [0.0, 0.0]])
    outputs = block.predict_on_batch(np.ones((1, 1, 1, 1)))
    expected = [0.75 * 1 + 0.25 * 2, 0.5 * 3 + 0.5 * 4]
    np.testing.assert_allclose(outputs.ravel(), expected, rtol=1e-5)


def test_what_is_squeezed_below_zero_is_cut_off(block: keras.Model) -> None:
    """-4 becomes 0, so that the attention's bias decides: ln 9 gives 9/10 and 1/10."""
    give_attention(block, [[[1.0], [-1.0]], [0.0]], [[[5.0, 5.0]], [np.log(9), -np.log(9)]])
    outputs = block.predict_on_batch(np.ones((1, 1, 1, 1)))
    np.testing.assert_allclose(outputs.ravel(), [0.9 * 1 + 0.1 * 2, 0.1 * 3 + 0.9 * 4], rtol=1e-5)


def test_the_attention_is_that_of_the_whole_image() -> None:
    """A change in one corner moves the output in the other, beyond the reach of any kernel."""
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, selective_block(inputs, 2, "block", seed=0))
    image = np.random.default_rng(0).normal(size=(1, 16, 16, 1))
    changed = image.copy()
    changed[0, 0, 0] += 50
    assert not np.allclose(model.predict_on_batch(image)[0, -1, -1], model.predict_on_batch(changed)[0, -1, -1])
