"""Largest value of each feature map, with a gradient that is always a number."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tumourflow")
class FirstLargestPooling2D(keras.layers.GlobalMaxPooling2D):  # type: ignore[misc]  # Keras has no types
    """Largest value of each feature map of `(batch, height, width, channels)`.

    The result is that of `keras.layers.GlobalMaxPooling2D`. JAX divides the gradient of that layer by the number of pixels that equal the
    largest; a compiler that computes the map a second time for this may round it otherwise, and then finds none. Here the first of them
    has the whole gradient on JAX; on TensorFlow, which keeps the map, this is Keras's layer.
    """

    def call(self, inputs: Any) -> Any:
        """Take the largest value of each map, `(batch, channels)`."""
        if keras.backend.backend() != "jax":
            return super().call(inputs)
        values = keras.ops.reshape(inputs, (keras.ops.shape(inputs)[0], -1, inputs.shape[3]))
        first = keras.ops.argmax(values, axis=1, keepdims=True)
        return keras.ops.take_along_axis(values, first, axis=1)[:, 0]
