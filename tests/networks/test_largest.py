from collections.abc import Callable

import keras
import numpy as np
import pytest

from tumourflow.networks import FirstLargestPooling2D


def test_it_equals_keras_in_outputs_and_gradients(differentiate: Callable[..., tuple]) -> None:
    image = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype(np.float32)
    (outputs, gradients), (expected, wanted) = (
        differentiate(layer, image) for layer in (FirstLargestPooling2D(), keras.layers.GlobalMaxPooling2D())
    )
    np.testing.assert_array_equal(outputs, expected)
    for found, gradient in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(found, gradient, rtol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="elsewhere it is Keras's layer")
def test_the_first_of_equal_pixels_has_the_whole_gradient() -> None:
    import jax

    image = np.zeros((1, 2, 2, 1), np.float32)
    image[0, :, 1] = 3
    gradient = jax.grad(lambda pixels: FirstLargestPooling2D()(pixels).sum())(image)
    np.testing.assert_array_equal(gradient[0, :, :, 0], [[0, 1], [0, 0]])


def test_it_takes_images_of_any_size() -> None:
    inputs = keras.Input((None, None, 2))
    model = keras.Model(inputs, FirstLargestPooling2D()(inputs))
    for sides in ((4, 6), (3, 2)):
        image = np.random.default_rng(1).normal(size=(2, *sides, 2)).astype(np.float32)
        np.testing.assert_array_equal(model.predict_on_batch(image), image.max(axis=(1, 2)))
