import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tumourflow.networks import FusedBatchNormalization, build_unet, precision_scope


def twins(**options: object) -> tuple[keras.Layer, keras.Layer]:
    """The fused layer and Keras's own, with the same random weights."""
    pair = FusedBatchNormalization(**options), keras.layers.BatchNormalization(**options)
    for layer in pair:
        layer.build((None, None, None, 3))
    rng = np.random.default_rng(1)
    weights = [rng.uniform(0.5, 2, size=weight.shape) for weight in pair[0].get_weights()]
    for layer in pair:
        layer.set_weights(weights)
    return pair


@pytest.fixture
def inputs() -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).normal(2, 3, size=(2, 5, 4, 3)).astype(np.float32))


def run(layer: keras.Layer, inputs: tf.Tensor, *, training: bool) -> tuple[np.ndarray, list[np.ndarray]]:
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=training)
        loss = tf.reduce_sum(tf.sin(outputs))
    variables = [inputs, *(variable.value for variable in layer.trainable_variables)]
    return outputs.numpy(), [gradient.numpy() for gradient in tape.gradient(loss, variables)]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"momentum": 0.5, "epsilon": 0.1}])
def test_it_equals_keras_in_outputs_gradients_and_averages(inputs: tf.Tensor, training: bool, options: dict[str, object]) -> None:
    fused, plain = twins(**options)
    outputs, gradients = run(fused, inputs, training=training)
    expected, expected_gradients = run(plain, inputs, training=training)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for gradient, expected_gradient in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-5)
    for average, expected_average in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(average, expected_average, rtol=1e-5)


def test_training_normalises_by_hand() -> None:
    """Values 1, 1, 3, 3 have mean 2 and variance 1."""
    layer = FusedBatchNormalization(momentum=0.9, epsilon=1e-4)
    outputs = layer(np.array([1, 1, 3, 3], np.float32).reshape(1, 2, 2, 1), training=True)
    np.testing.assert_allclose(np.ravel(outputs), [-1, -1, 1, 1], atol=1e-4)
    np.testing.assert_allclose(layer.moving_mean, [0.2], rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, [1.0], rtol=1e-5)


def test_a_frozen_layer_keeps_its_averages(inputs: tf.Tensor) -> None:
    layer, _ = twins()
    layer.trainable = False
    before = layer.get_weights()
    layer(inputs, training=True)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_inputs_of_two_axes_are_normalised_too() -> None:
    outputs = FusedBatchNormalization(epsilon=1e-6)(np.array([[1.0], [3.0]], np.float32), training=True)
    np.testing.assert_allclose(outputs, [[-1], [1]], atol=1e-4)


def test_weights_are_named_as_in_keras() -> None:
    fused, plain = twins()
    assert [weight.name for weight in fused.weights] == [weight.name for weight in plain.weights]


def test_bfloat16_keeps_its_statistics_in_float32(inputs: tf.Tensor) -> None:
    with precision_scope("mixed_bfloat16"):
        layer = FusedBatchNormalization(momentum=0.0)
    outputs = layer(inputs, training=True)
    assert outputs.dtype == tf.bfloat16
    rounded = tf.cast(tf.cast(inputs, tf.bfloat16), tf.float32).numpy()
    np.testing.assert_allclose(layer.moving_mean, rounded.mean(axis=(0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, rounded.var(axis=(0, 1, 2)), rtol=1e-5)


FORWARD_ON_JAX = """
import sys
import numpy as np
from tumourflow.networks import FusedBatchNormalization, build_unet
import keras
assert keras.backend.backend() == "jax", keras.backend.backend()
folder = sys.argv[1]
model = build_unet((16, 16, 1), width=2, depth=1)
model.load_weights(f"{folder}/unet.weights.h5")
images = np.load(f"{folder}/images.npy")
layer = FusedBatchNormalization()
layer(images, training=True)
np.savez(f"{folder}/jax.npz", logits=model.predict_on_batch(images), averages=np.concatenate(layer.get_weights()))
"""


def test_the_same_weights_give_the_same_logits_on_jax(tmp_path: Path) -> None:
    model = build_unet((16, 16, 1), width=2, depth=1, seed=1)
    images = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype(np.float32)
    model.save_weights(tmp_path / "unet.weights.h5")
    np.save(tmp_path / "images.npy", images)
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    subprocess.run([sys.executable, "-c", FORWARD_ON_JAX, str(tmp_path)], env=environment, check=True, timeout=200)
    layer = FusedBatchNormalization()
    layer(images, training=True)
    with np.load(tmp_path / "jax.npz") as jax:
        np.testing.assert_allclose(jax["logits"], model.predict_on_batch(images), atol=1e-4)
        np.testing.assert_allclose(jax["averages"], np.concatenate(layer.get_weights()), atol=1e-4)
