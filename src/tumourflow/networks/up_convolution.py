"""Up-convolution whose weights' gradient is a matrix product."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tumourflow")
class UpConv2D(keras.layers.Conv2DTranspose):  # type: ignore[misc]  # Keras has no types
    """2x2 up-convolution of `(batch, height, width, channels)` to twice the sides, without bias.

    The result and the weights are those of `keras.layers.Conv2DTranspose`. As the 2x2 patches do not overlap, the gradient of its
    weights is one product of the patches and the pixels they came from, which on a processor takes half the time of the convolution
    that TensorFlow does for it.

    Reference: Ronneberger, Fischer and Brox 2015, doi:10.1007/978-3-319-24574-4_28.
    """

    def __init__(self, filters: int, kernel_size: int | tuple[int, int] = 2, **options: Any) -> None:
        super().__init__(filters, kernel_size, **{**options, "strides": 2, "padding": "valid", "use_bias": False})
        if self.kernel_size != (2, 2):
            msg = f"`{self.name}` has a kernel of 2 x 2. Received: kernel_size={kernel_size!r}."
            raise ValueError(msg)

    def call(self, inputs: Any) -> Any:
        """Convolve `inputs`."""
        if keras.backend.backend() != "tensorflow":
            return super().call(inputs)
        import tensorflow as tf

        return self.activation(_convolve(inputs, tf.cast(tf.convert_to_tensor(self.kernel), inputs.dtype)))


def _convolve(pixels: Any, kernel: Any) -> Any:
    import tensorflow as tf

    batch, height, width, _ = tf.unstack(tf.shape(pixels))
    filters, channels = kernel.shape[2:]

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def convolve(pixels: Any, kernel: Any) -> Any:
        def differentiate(upstream: Any) -> tuple[Any, Any]:
            patches = tf.transpose(tf.reshape(upstream, [batch, height, 2, width, 2, filters]), [0, 1, 3, 2, 4, 5])
            product = tf.matmul(tf.reshape(patches, [-1, 4 * filters]), tf.reshape(pixels, [-1, channels]), transpose_a=True)
            return tf.nn.conv2d(upstream, kernel, 2, "VALID"), tf.reshape(product, kernel.shape)

        return tf.nn.conv2d_transpose(pixels, kernel, [batch, 2 * height, 2 * width, filters], 2, "VALID"), differentiate

    return convolve(pixels, kernel)
