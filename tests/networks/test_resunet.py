import keras
import numpy as np
import pytest

from tumourflow.networks import build_resunet
from tumourflow.networks.resunet import residual_block, residual_up_block


def parameters_of(channels: int, width: int, depth: int) -> int:
    """Weights of the layout, counted stage by stage; a norm has scale, offset and two moving averages."""

    def residual(before: int, after: int) -> int:
        return 9 * before * after + 9 * after * after + before * after + 3 * 4 * after

    widths = [width * 2**stage for stage in range(depth + 1)]
    first = 9 * channels * width + 9 * width * width + 2 * 4 * width
    down = sum(residual(widths[stage - 1], widths[stage]) for stage in range(1, depth + 1))
    up = sum(residual(widths[stage] + widths[stage + 1], widths[stage]) for stage in range(depth))
    return first + down + up + width + 1


@pytest.mark.parametrize(("channels", "width", "depth"), [(3, 4, 2), (5, 2, 4)])
def test_the_number_of_weights_is_that_of_the_layout(channels: int, width: int, depth: int) -> None:
    assert build_resunet((32, 32, channels), width, depth).count_params() == parameters_of(channels, width, depth)


def test_the_number_of_weights_that_is_told_is_that_of_the_layout() -> None:
    assert f" {parameters_of(5, 16, 4):,} weights" in str(build_resunet.__doc__)


def test_the_first_stage_is_plain_and_the_others_are_residual() -> None:
    model = build_resunet((32, 32, 3), width=2, depth=4)
    assert len([layer for layer in model.layers if isinstance(layer, keras.layers.MaxPooling2D)]) == 4
    added = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Add)]
    assert added == [
        *("down_1_add", "down_2_add", "down_3_add", "bottom_add"),
        *("up_3_add", "up_2_add", "up_1_add", "up_0_add"),
    ]
    sides = {name: model.get_layer(name).output.shape[1:] for name in ("down_0_2_relu", "bottom_relu", "up_0_relu")}
    assert sides == {"down_0_2_relu": (32, 32, 2), "bottom_relu": (2, 2, 32), "up_0_relu": (32, 32, 2)}


def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Cross-correlation with zero padding of `(height, width, channels)` by `(side, side, channels, filters)`."""
    side = kernel.shape[0]
    padded = np.pad(image, [(side // 2, side // 2), (side // 2, side // 2), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))
    return np.einsum("hwcij,ijcf->hwf", windows, kernel)


def drawn(model: keras.Model, rng: np.random.Generator) -> list[tuple[keras.Variable, np.ndarray]]:
    return [(weight, rng.normal(size=weight.shape)) for weight in model.weights]


def test_a_residual_block_is_that_of_numpy() -> None:
    inputs = keras.Input((4, 5, 2))
    model = keras.Model(inputs, residual_block(inputs, 3, "block", seed=0))
    rng = np.random.default_rng(0)
    model.set_weights([np.abs(value) if "variance" in weight.path else value for weight, value in drawn(model, rng)])

    def normalise(x: np.ndarray, name: str) -> np.ndarray:
        scale, offset, mean, variance = model.get_layer(name).get_weights()
        return scale * (x - mean) / np.sqrt(variance + 1e-3) + offset

    image = rng.normal(size=(4, 5, 2))
    kernels = {name: model.get_layer(f"block_{name}_conv").get_weights()[0] for name in ("1", "2", "short")}
    main = np.maximum(normalise(convolve(image, kernels["1"]), "block_1_norm"), 0)
    main = normalise(convolve(main, kernels["2"]), "block_2_norm")
    short = normalise(convolve(image, kernels["short"]), "block_short_norm")
    expected = np.maximum(main + short, 0)
    assert (expected == 0).any()
    assert expected.any()
    np.testing.assert_allclose(model.predict_on_batch(image[None].astype(np.float32))[0], expected, rtol=1e-3, atol=1e-4)


def test_up_sampling_repeats_rows_and_columns_without_weights() -> None:
    below, skip = keras.Input((1, 2, 1)), keras.Input((2, 4, 1))
    model = keras.Model([below, skip], residual_up_block(below, skip, 1, "up", seed=0))
    beside = keras.Model(model.inputs, model.get_layer("up_skip").output)
    joined = beside.predict_on_batch([np.array([[[[1.0], [2.0]]]]), np.zeros((1, 2, 4, 1))])
    np.testing.assert_array_equal(joined[0, :, :, 1], [[1, 1, 2, 2], [1, 1, 2, 2]])
    assert not model.get_layer("up_up").weights
