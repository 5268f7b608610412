from collections.abc import Callable

import keras
import numpy as np
import pytest

from tumourflow.networks import UpConv2D

IMAGE = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere it is Keras's layer")
def test_it_equals_keras_in_outputs_and_gradients(differentiate: Callable[..., tuple]) -> None:
    ours, theirs = UpConv2D(6), keras.layers.Conv2DTranspose(6, 2, strides=2, use_bias=False)
    for layer in (ours, theirs):
        layer.build(IMAGE.shape)
    theirs.set_weights(ours.get_weights())
    (outputs, gradients), (expected, expected_gradients) = (differentiate(layer, IMAGE) for layer in (ours, theirs))
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    for found, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-7)


def test_a_point_becomes_a_patch_of_two_by_two() -> None:
    layer = UpConv2D(1, kernel_initializer="ones")
    point = np.zeros((1, 3, 3, 1), np.float32)
    point[0, 1, 2] = 1
    assert np.argwhere(np.asarray(layer(point))[0, :, :, 0]).tolist() == [[2, 4], [2, 5], [3, 4], [3, 5]]


def test_another_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="2 x 2"):
        UpConv2D(4, 3)


def test_an_activation_is_kept() -> None:
    assert np.asarray(UpConv2D(4, activation="relu")(IMAGE)).min() == 0


def test_it_is_built_again_from_its_description() -> None:
    layer = UpConv2D.from_config(UpConv2D(3, name="up").get_config())
    assert (layer.filters, layer.kernel_size, layer.strides, layer.name) == (3, (2, 2), (2, 2), "up")
