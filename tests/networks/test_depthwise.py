import keras
import numpy as np
import pytest

from tumourflow.networks import QuickDepthwiseConv2D

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere it is Keras's layer")


def run(layer: keras.Layer, image: np.ndarray) -> list[np.ndarray]:
    import tensorflow as tf

    inputs = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        loss = tf.reduce_sum(tf.sin(tf.cast(outputs, tf.float32)))
    gradients = tape.gradient(loss, [inputs, layer.kernel.value])
    return [np.asarray(tf.cast(array, tf.float32)) for array in (outputs, *gradients)]


def both(image: np.ndarray, **layout: object) -> tuple[list[np.ndarray], list[np.ndarray]]:
    quick, plain = QuickDepthwiseConv2D(**layout), keras.layers.DepthwiseConv2D(**layout)
    quick.build(image.shape)
    plain.build(image.shape)
    quick.set_weights(plain.get_weights())
    return run(quick, image), run(plain, image)


@pytest.mark.parametrize("sides", [(8, 8), (7, 6), (2, 1)])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 1, 1), (5, 1, 1), (3, 2, 1), (5, 2, 1), (5, 1, 2), (3, 1, 4)])
def test_it_equals_keras_in_outputs_and_gradients(sides: tuple[int, int], kernel: int, stride: int, dilation: int) -> None:
    image = np.random.default_rng(0).normal(size=(2, *sides, 3)).astype(np.float32)
    quick, plain = both(image, kernel_size=kernel, strides=stride, dilation_rate=dilation, padding="same")
    for ours, theirs in zip(quick, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride"), [(5, 1), (3, 2)])
def test_in_bfloat16_it_differs_by_the_rounding_alone(kernel: int, stride: int) -> None:
    image = np.random.default_rng(0).normal(size=(4, 16, 16, 8)).astype(np.float32)
    exact = QuickDepthwiseConv2D(kernel, strides=stride, padding="same")
    exact.build(image.shape)
    rounded = QuickDepthwiseConv2D(kernel, strides=stride, padding="same", dtype="mixed_bfloat16")
    rounded.build(image.shape)
    rounded.set_weights(exact.get_weights())
    for ours, theirs in zip(run(rounded, image), run(exact, image), strict=True):
        assert np.abs(ours - theirs).max() < 0.05 * np.abs(theirs).max()


def test_bias_and_activation_are_kept() -> None:
    image = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)
    quick, plain = both(image, kernel_size=3, padding="same", activation="relu", bias_initializer="ones")
    for ours, theirs in zip(quick, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layout", [{"padding": "valid"}, {"padding": "same", "depth_multiplier": 2}])
def test_what_it_does_not_know_is_left_to_keras(layout: dict[str, object]) -> None:
    image = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype(np.float32)
    quick, plain = both(image, kernel_size=5, **layout)
    for ours, theirs in zip(quick, plain, strict=True):
        np.testing.assert_array_equal(ours, theirs)
