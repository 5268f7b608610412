from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.networks import build_unet, precision_scope


def images(seed: int = 0, side: int = 32) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, side, side, 3)).astype(np.float32)


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


@pytest.mark.parametrize(("channels", "width", "depth"), [(3, 4, 2), (1, 2, 1), (5, 16, 4)])
def test_the_number_of_weights_is_that_of_the_layout(channels: int, width: int, depth: int) -> None:
    assert build_unet((32, 32, channels), width, depth).count_params() == parameters_of(channels, width, depth)


@pytest.mark.parametrize("depth", [1, 3])
def test_logits_have_the_images_sides_in_float32(depth: int) -> None:
    logits = build_unet((32, 16, 3), width=4, depth=depth)(np.zeros((2, 32, 16, 3), np.float32))
    assert logits.shape == (2, 32, 16, 1)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


def test_logits_are_float32_in_bfloat16_too() -> None:
    with precision_scope("mixed_bfloat16"):
        model = build_unet((32, 32, 3), width=4, depth=1)
    assert model.get_layer("up_0_2_relu").compute_dtype == "bfloat16"
    assert model.get_layer("logits").compute_dtype == "float32"


def test_feature_maps_double_and_sides_halve_at_each_stage() -> None:
    model = build_unet((32, 32, 3), width=4, depth=2)
    shapes = {name: model.get_layer(name).output.shape[1:] for name in ("down_0_2_relu", "down_1_2_relu", "bottom_2_relu", "up_0_2_relu")}
    assert shapes == {
        "down_0_2_relu": (32, 32, 4),
        "down_1_2_relu": (16, 16, 8),
        "bottom_2_relu": (8, 8, 16),
        "up_0_2_relu": (32, 32, 4),
    }


def test_a_reloaded_network_gives_the_same_logits(tmp_path: Path) -> None:
    model = build_unet((32, 32, 3), width=4, depth=2)
    model.save(tmp_path / "unet.keras")
    reloaded = keras.saving.load_model(tmp_path / "unet.keras")
    np.testing.assert_array_equal(model.predict_on_batch(images()), reloaded.predict_on_batch(images()))


def test_the_gradient_reaches_every_weight() -> None:
    import tensorflow as tf

    model = build_unet((32, 32, 3), width=4, depth=2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(images(), training=True) ** 2)
    for weight, gradient in zip(model.trainable_weights, tape.gradient(loss, model.trainable_variables), strict=True):
        assert np.abs(gradient).max() > 0, weight.path


def test_initial_weights_depend_on_the_seed_alone() -> None:
    first = build_unet((32, 32, 3), width=4, depth=1, seed=7).get_weights()
    np.random.default_rng().random()
    build_unet((32, 32, 3), width=4, depth=1)
    again = build_unet((32, 32, 3), width=4, depth=1, seed=7).get_weights()
    other = build_unet((32, 32, 3), width=4, depth=1, seed=8).get_weights()
    for before, after in zip(first, again, strict=True):
        np.testing.assert_array_equal(before, after)
    assert not np.array_equal(first[0], other[0])


def test_layers_of_one_shape_start_from_different_weights() -> None:
    model = build_unet((32, 32, 4), width=4, depth=1)
    kernels = [model.get_layer(name).get_weights()[0] for name in ("down_0_1_conv", "down_0_2_conv")]
    assert not np.array_equal(*kernels)


def test_a_side_that_cannot_be_halved_is_refused() -> None:
    with pytest.raises(ValueError, match=r"divisible by 2\^depth = 4. Received: input_shape=\(30, 32, 3\)"):
        build_unet((30, 32, 3), width=4, depth=2)


@pytest.mark.parametrize(("width", "depth"), [(0, 1), (4, 0)])
def test_numbers_below_one_are_refused(width: int, depth: int) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        build_unet((32, 32, 3), width, depth)
