"""Convolution of the decoder's feature maps and the encoder's beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

Shape = tuple[int | None, ...]

TWO_IMAGES = [keras.layers.InputSpec(ndim=4)] * 2


@keras.saving.register_keras_serializable(package="tumourflow")
class SkipConv2D(keras.layers.Conv2D):  # type: ignore[misc]  # Keras has no types
    """2-D convolution of two tensors `(batch, height, width, channels)` laid side by side, with stride 1 and same padding.

    The result and the weights are those of `keras.layers.Conv2D` behind `keras.layers.Concatenate`. On TensorFlow each tensor gets its
    gradient from its own part of the kernel, so that the gradient of both together is neither computed nor cut in two, which costs as
    much time as an optimiser's step.

    Reference: Ronneberger, Fischer and Brox 2015, doi:10.1007/978-3-319-24574-4_28.
    """

    def __init__(self, filters: int, kernel_size: int | tuple[int, int], **options: Any) -> None:
        super().__init__(filters, kernel_size, **{**options, "padding": "same"})
        if (self.strides, self.dilation_rate, self.groups) != ((1, 1), (1, 1), 1):
            msg = f"`{self.name}` has stride 1, dilation 1 and one group. Received: {self.strides}, {self.dilation_rate}, {self.groups}."
            raise ValueError(msg)
        self.input_spec = TWO_IMAGES

    def build(self, input_shape: Sequence[Shape]) -> None:
        """Make the weights for the channels of both tensors."""
        super().build(_side_by_side(input_shape))
        self.input_spec = TWO_IMAGES

    def call(self, inputs: Sequence[Any]) -> Any:
        """Convolve `inputs`, the encoder's tensor and the decoder's."""
        return super().call(inputs if _has_gradient() else keras.ops.concatenate(inputs, axis=-1))

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Convolve `inputs` with `kernel`, without bias and activation."""
        if not _has_gradient():
            return super().convolution_op(inputs, kernel)
        import tensorflow as tf

        left, right = inputs
        return _convolve(left, right, tf.cast(tf.convert_to_tensor(kernel), inputs[0].dtype))

    def compute_output_shape(self, input_shape: Sequence[Shape] | Shape) -> Shape:
        """Shape of the result for two tensors, or for one of both their channels."""
        return tuple(super().compute_output_shape(_side_by_side(input_shape)))


def _side_by_side(shapes: Any) -> Shape:
    if shapes[-1] is None or isinstance(shapes[-1], int):
        return tuple(shapes)
    return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))


def _has_gradient() -> bool:
    return bool(keras.backend.backend() == "tensorflow")


def _convolve(left: Any, right: Any, kernel: Any) -> Any:
    import tensorflow as tf

    channels = left.shape[-1]

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def convolve(left: Any, right: Any, kernel: Any) -> Any:
        both = tf.concat([left, right], axis=-1)

        def differentiate(upstream: Any) -> tuple[Any, Any, Any]:
            to_left = tf.nn.conv2d_transpose(upstream, kernel[:, :, :channels], tf.shape(left), 1)
            to_right = tf.nn.conv2d_transpose(upstream, kernel[:, :, channels:], tf.shape(right), 1)
            to_kernel = tf.raw_ops.Conv2DBackpropFilter(
                input=both, filter_sizes=tf.shape(kernel), out_backprop=upstream, strides=[1, 1, 1, 1], padding="SAME"
            )
            return to_left, to_right, to_kernel

        return tf.nn.conv2d(both, kernel, 1, "SAME"), differentiate

    return convolve(left, right, kernel)
