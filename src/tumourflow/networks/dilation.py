"""Dilated convolution that takes the backend's own kernel."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tumourflow")
class DilatedConv2D(keras.layers.Conv2D):  # type: ignore[misc]  # Keras has no types
    """2-D convolution of `(batch, height, width, channels)` whose kernel's points lie apart.

    On TensorFlow, Keras rearranges the pixels into as many smaller images as a dilation leaves apart, pads and convolves those, and
    puts them back together: 18 pixels apart on a map of 8 x 8, that takes fifty times as long as the convolution itself. This layer
    calls the kernel that knows dilations, where the device has its gradient too. Weights, their names and the result are those of
    `keras.layers.Conv2D`; on other backends and devices it is that layer.

    Reference: Yu and Koltun 2016, doi:10.48550/arXiv.1511.07122.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Convolve `inputs` with `kernel`, without bias and activation."""
        if keras.backend.backend() != "tensorflow" or self.groups != 1 or self.data_format != "channels_last" or not _has_kernel():
            return super().convolution_op(inputs, kernel)
        import tensorflow as tf

        return tf.nn.conv2d(inputs, kernel, self.strides, self.padding.upper(), dilations=self.dilation_rate)


@cache
def _has_kernel() -> bool:
    import tensorflow as tf

    # Out of the graph that is being built, to try it at once.
    with tf.init_scope(), tf.GradientTape() as tape:
        image, kernel = tf.ones([1, 5, 5, 1]), tf.ones([3, 3, 1, 1])
        tape.watch([image, kernel])
        try:
            tape.gradient(tf.nn.conv2d(image, kernel, 1, "SAME", dilations=2), [image, kernel])
        except tf.errors.OpError:
            return False
    return True
