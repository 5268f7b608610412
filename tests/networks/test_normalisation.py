from collections.abc import Callable

import keras
import numpy as np
import pytest

from tumourflow.networks import FusedBatchNormalization, precision_scope


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
def inputs() -> np.ndarray:
    return np.random.default_rng(0).normal(2, 3, size=(2, 5, 4, 3)).astype(np.float32)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere it is Keras's layer")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"momentum": 0.5, "epsilon": 0.1}])
def test_it_equals_keras_in_outputs_gradients_and_averages(
    differentiate: Callable[..., tuple], inputs: np.ndarray, training: bool, options: dict[str, object]
) -> None:
    fused, plain = twins(**options)
    outputs, gradients = differentiate(fused, inputs, training=training)
    expected, expected_gradients = differentiate(plain, inputs, training=training)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for gradient, expected_gradient in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-7)
    for average, expected_average in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(average, expected_average, rtol=1e-5)


def test_training_normalises_by_hand() -> None:
    """Values 1, 1, 3, 3 have mean 2 and variance 1."""
    layer = FusedBatchNormalization(momentum=0.9, epsilon=1e-4)
    outputs = layer(np.array([1, 1, 3, 3], np.float32).reshape(1, 2, 2, 1), training=True)
    np.testing.assert_allclose(np.ravel(outputs), [-1, -1, 1, 1], atol=1e-4)
    np.testing.assert_allclose(layer.moving_mean, [0.2], rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, [1.0], rtol=1e-5)


def test_a_frozen_layer_keeps_its_averages(inputs: np.ndarray) -> None:
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


def test_bfloat16_keeps_its_statistics_in_float32(inputs: np.ndarray) -> None:
    with precision_scope("mixed_bfloat16"):
        layer = FusedBatchNormalization(momentum=0.0)
    outputs = layer(inputs, training=True)
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    rounded = keras.ops.convert_to_numpy(keras.ops.cast(keras.ops.cast(inputs, "bfloat16"), "float32"))
    np.testing.assert_allclose(layer.moving_mean, rounded.mean(axis=(0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, rounded.var(axis=(0, 1, 2)), rtol=1e-5)
