"""What holds for each network of the registry."""

from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest

from tumourflow.networks import (
    DilatedConv2D,
    build_network,
    convert_precision,
    make_portable,
    network_stride,
    precision_scope,
)
from tumourflow.networks.registry import BUILDERS

WIDTH, DEPTH, CHANNELS = 2, 2, 3
VARIANTS = [*((name, 16) for name in sorted(BUILDERS)), ("deeplabv3", 8), ("deeplabv3plus", 8)]
each_variant = pytest.mark.parametrize(("name", "output_stride"), VARIANTS)


def build(name: str, output_stride: int = 16, side: int | None = None, seed: int = 0) -> keras.Model:
    return build_network(name, (side, side, CHANNELS), WIDTH, DEPTH, seed, output_stride)


def images(height: int = 32, width: int = 32) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, height, width, CHANNELS)).astype(np.float32)


def forward(model: keras.Model) -> np.ndarray:
    # A copy of another model wants a list.
    return np.asarray(model([images()] if isinstance(model.input, list) else images()))


@cache
def build_once(name: str, output_stride: int) -> keras.Model:
    """A network where every weight has a value of its own, moving averages too, so that none can be mixed up unnoticed."""
    model = build(name, output_stride)
    rng = np.random.default_rng(1)
    model.set_weights([weight + rng.uniform(0, 0.1, size=weight.shape) for weight in model.get_weights()])
    return model


@cache
def build_once_in_bfloat16(name: str, output_stride: int) -> keras.Model:
    with precision_scope("mixed_bfloat16"):
        return build(name, output_stride)


@cache
def carry_once(name: str, output_stride: int) -> keras.Model:
    return make_portable(build_once(name, output_stride), (32, 32, CHANNELS))


@cache
def convert_once(name: str, output_stride: int) -> keras.Model:
    return convert_precision(carry_once(name, output_stride), "mixed_bfloat16")


@each_variant
def test_logits_have_the_sides_of_any_image_the_stride_allows(name: str, output_stride: int) -> None:
    model, stride = build_once(name, output_stride), network_stride(name, DEPTH, output_stride)
    # Through one traced function, as in a training that begins with smaller images.
    for height, width in [(stride, stride), (3 * stride, 2 * stride), (64, 64)]:
        logits = model.predict_on_batch(images(height, width))
        assert logits.shape == (2, height, width, 1)
        assert logits.dtype == np.float32
        assert np.isfinite(logits).all()


@each_variant
def test_a_side_that_the_stride_does_not_divide_is_refused(name: str, output_stride: int) -> None:
    side = 32 + network_stride(name, DEPTH, output_stride) // 2
    with pytest.raises(ValueError, match=rf"Both sides must be divisible by .* Received: input_shape=\({side}, {side}, 3\)"):
        build(name, output_stride, side)


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_numbers_below_one_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        build_network(name, (32, 32, 3), width=0, depth=2)


@each_variant
def test_a_reloaded_network_gives_the_same_bytes(tmp_path: Path, name: str, output_stride: int) -> None:
    model = build_once(name, output_stride)
    model.save(tmp_path / "network.keras")
    reloaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(forward(reloaded), forward(model))


def gradients_of(model: keras.Model, *, training: bool) -> list[np.ndarray]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.sin(model(images(64, 64), training=training)))
    gradients = tape.gradient(loss, model.trainable_variables, unconnected_gradients="zero")
    return [gradient.numpy() for gradient in gradients]


@each_variant
def test_the_gradient_reaches_every_weight(name: str, output_stride: int) -> None:
    """In training, or, for a bias that the norm behind it takes out again, in inference."""
    model = build_once(name, output_stride)
    kept = model.get_weights()
    for weight in model.weights:
        if weight.path.endswith("squeeze/bias"):  # a unit below zero learns nothing, and here there is only one
            weight.assign(keras.ops.ones_like(weight) * 5)
    both = [gradients_of(model, training=training) for training in (True, False)]
    model.set_weights(kept)
    triples = zip(model.trainable_variables, *both, strict=True)
    assert not [weight.path for weight, *gradients in triples if not any(np.abs(gradient).max() > 0 for gradient in gradients)]


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_initial_weights_depend_on_the_seed_alone(name: str) -> None:
    first = build(name, seed=7)
    keras.utils.set_random_seed(3)
    again, other = build(name, seed=7), build(name, seed=8)
    for before, after in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    kernels = [path for path in (weight.path for weight in first.weights) if path.endswith("kernel")]
    values = [{weight.path: weight.numpy() for weight in model.weights} for model in (first, other)]
    assert kernels
    assert not any(np.array_equal(values[0][path], values[1][path]) for path in kernels)


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_kernels_of_one_shape_start_from_different_values(name: str) -> None:
    kernels = [weight.numpy() for weight in build(name).weights if weight.path.endswith("kernel")]
    assert len({kernel.tobytes() for kernel in kernels}) == len(kernels)


@each_variant
def test_a_portable_network_has_layers_of_keras_alone_and_the_same_logits(tmp_path: Path, name: str, output_stride: int) -> None:
    model, portable = build_once(name, output_stride), carry_once(name, output_stride)
    assert {type(layer).__module__.partition(".")[0] for layer in portable.layers} == {"keras"}
    portable.save(tmp_path / "portable.keras")
    reloaded = keras.saving.load_model(tmp_path / "portable.keras")
    np.testing.assert_array_equal(forward(reloaded), forward(portable))
    np.testing.assert_allclose(forward(portable), forward(model), rtol=1e-4, atol=1e-4)


@each_variant
def test_a_portable_network_is_fast_again_when_converted(name: str, output_stride: int) -> None:
    model, fast = build_once(name, output_stride), convert_once(name, output_stride)
    assert [type(layer) for layer in fast.layers] == [type(layer) for layer in model.layers]
    dilated = {layer.name for layer in fast.layers if isinstance(layer, keras.layers.Conv2D) and max(layer.dilation_rate) > 1}
    assert dilated == {layer.name for layer in fast.layers if isinstance(layer, DilatedConv2D)}


@each_variant
def test_only_the_logits_leave_bfloat16(name: str, output_stride: int) -> None:
    for model in (build_once_in_bfloat16(name, output_stride), convert_once(name, output_stride)):
        in_float32 = {layer.name for layer in model.layers[1:] if layer.compute_dtype == "float32"}
        assert in_float32 == ({"logits", "logits_coarse"} if name.startswith("deeplab") else {"logits"})
        assert forward(model).dtype == np.float32


@each_variant
def test_two_backward_passes_give_the_same_bytes(name: str, output_stride: int) -> None:
    model = build_once_in_bfloat16(name, output_stride)
    for first, second in zip(gradients_of(model, training=True), gradients_of(model, training=True), strict=True):
        np.testing.assert_array_equal(first, second)
