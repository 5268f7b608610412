import keras
import numpy as np
import pytest

from tumourflow.networks import SkipConv2D

RNG = np.random.default_rng(0)


def side_by_side(layer: SkipConv2D) -> keras.Model:
    """Keras's own two layers with the weights of `layer`."""
    inputs = [keras.Input((6, 5, channels)) for channels in (2, 3)]
    convolution = keras.layers.Conv2D(layer.filters, layer.kernel_size, padding="same", use_bias=layer.use_bias)
    model = keras.Model(inputs, convolution(keras.layers.Concatenate()(inputs)))
    convolution.set_weights(layer.get_weights())
    return model


@pytest.fixture
def images() -> list[np.ndarray]:
    return [RNG.normal(size=(2, 6, 5, channels)).astype(np.float32) for channels in (2, 3)]


@pytest.mark.parametrize("use_bias", [False, True])
def test_it_gives_what_keras_gives_behind_a_concatenation(images: list[np.ndarray], use_bias: bool) -> None:
    layer = SkipConv2D(4, 3, use_bias=use_bias, bias_initializer="ones")
    found = layer(images)
    np.testing.assert_allclose(found, side_by_side(layer)(images), rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere it is Keras's layer")
def test_its_gradients_are_those_of_keras(images: list[np.ndarray]) -> None:
    import tensorflow as tf

    layer = SkipConv2D(4, 3, use_bias=False)
    layer(images)
    tensors = [tf.constant(image) for image in images]
    found = []
    for function in (layer, side_by_side(layer)):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            loss = tf.reduce_mean(tf.sin(function(tensors)))
        found.append(tape.gradient(loss, [*tensors, function.trainable_variables[0].value]))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("asked", [{"dilation_rate": 2}, {"strides": 2}, {"groups": 2}])
def test_what_it_does_not_do_is_refused(asked: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="stride 1, dilation 1 and one group"):
        SkipConv2D(4, 3, **asked)


def test_its_kernel_spans_both_and_its_result_is_as_large_as_they_are() -> None:
    layer = SkipConv2D(4, 3)
    output = layer([keras.Input((None, None, 2)), keras.Input((None, None, 3))])
    assert layer.kernel.shape == (3, 3, 5, 4)
    assert output.shape == (None, None, None, 4)
