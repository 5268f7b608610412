"""Bilinear up-sampling of images whose sides are not known beforehand."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tumourflow")
class BilinearUpSampling2D(keras.layers.UpSampling2D):  # type: ignore[misc]  # Keras has no types
    """Up-sampling of `(batch, height, width, channels)` to a multiple of both sides, bilinear unless told otherwise.

    Keras's layer cannot be traced on TensorFlow without knowing the sides, and a training sees images of two sizes. The result is that
    of `keras.layers.UpSampling2D`; on other backends, and for other interpolations, it is that layer.
    """

    def __init__(self, size: int | tuple[int, int] = 2, interpolation: str = "bilinear", **options: Any) -> None:
        """Remember by how much each side grows."""
        super().__init__(size, interpolation=interpolation, **options)

    def call(self, inputs: Any) -> Any:
        """Interpolate `inputs`."""
        plain = self.interpolation != "bilinear" or self.data_format != "channels_last"
        if plain or keras.backend.backend() != "tensorflow":
            return super().call(inputs)
        import tensorflow as tf

        sides = [known or found for known, found in zip(inputs.shape[1:3], tf.unstack(tf.shape(inputs))[1:3], strict=True)]
        larger = [side * factor for side, factor in zip(sides, self.size, strict=True)]
        return tf.cast(tf.image.resize(inputs, larger, "bilinear"), inputs.dtype)
