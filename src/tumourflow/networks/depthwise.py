"""Depthwise convolution with a quick gradient on processors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tumourflow")
class QuickDepthwiseConv2D(keras.layers.DepthwiseConv2D):  # type: ignore[misc]  # Keras has no types
    """Depthwise convolution of `(batch, height, width, channels)` whose gradient is made of the parts that a processor has kernels for.

    oneDNN has TensorFlow's depthwise convolution, its gradient for the image, and that for kernels of 3x3. Two gradients fall back to
    loops that take 20 to 80 times as long in bfloat16: that for the image at a stride of 2, which is therefore computed in float32, and
    that for kernels of 5x5, which is put together from four of 3x3 on shifted images. Weights, their names and the result are those of
    `keras.layers.DepthwiseConv2D`; on other backends, on a GPU and for other than same padding, it is that layer.

    Reference: Chollet 2017, doi:10.1109/CVPR.2017.195.
    """

    def call(self, inputs: Any) -> Any:
        """Convolve each feature map with its own kernel."""
        if not self._is_quick():
            return super().call(inputs)
        import tensorflow as tf

        # In the layer's precision, and as a tensor: custom gradients take no variables.
        kernel = tf.convert_to_tensor(keras.ops.convert_to_tensor(self.kernel))
        outputs = _in_phases(inputs, self.dilation_rate, lambda image: _convolve(image, kernel, self.strides[0]))
        outputs = keras.ops.add(outputs, self.bias) if self.use_bias else outputs
        return self.activation(outputs)

    def _is_quick(self) -> bool:
        plain = self.padding == "same" and self.data_format == "channels_last" and self.depth_multiplier == 1
        return plain and self.strides[0] == self.strides[1] and keras.backend.backend() == "tensorflow" and not _on_gpu()


def _on_gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _in_phases(image: Any, dilation: tuple[int, int], convolve: Callable[[Any], Any]) -> Any:
    # Every `dilation`-th pixel belongs to the same small image, which is convolved without dilation.
    if max(dilation) == 1:
        return convolve(image)
    import tensorflow as tf

    sides = tf.shape(image)[1:3]
    short = tf.math.floormod(-sides, list(dilation))
    missing = tf.stack([tf.zeros_like(short), short], axis=1)
    phases = tf.space_to_batch(image, list(dilation), missing)
    phases.set_shape([None, None, None, image.shape[-1]])
    outputs = tf.batch_to_space(convolve(phases), list(dilation), missing)
    outputs.set_shape(image.shape)
    return outputs


def _convolve(image: Any, kernel: Any, stride: int) -> Any:
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def convolve(image: Any, kernel: Any) -> tuple[Any, Callable[[Any], tuple[Any, Any]]]:
        def gradient(upstream: Any) -> tuple[Any, Any]:
            return _image_gradient(image, kernel, upstream, stride), _kernel_gradient(image, kernel, upstream, stride)

        return tf.nn.depthwise_conv2d(image, kernel, _strides(stride), "SAME"), gradient

    return convolve(image, kernel)


def _image_gradient(image: Any, kernel: Any, upstream: Any, stride: int) -> Any:
    import tensorflow as tf

    dtype = image.dtype if stride == 1 else tf.float32
    gradient = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
        input_sizes=tf.shape(image),
        filter=tf.cast(kernel, dtype),
        out_backprop=tf.cast(upstream, dtype),
        strides=_strides(stride),
        padding="SAME",
    )
    return tf.cast(gradient, image.dtype)


def _kernel_gradient(image: Any, kernel: Any, upstream: Any, stride: int) -> Any:
    import tensorflow as tf

    rows, columns, channels, _ = kernel.shape
    if (rows, columns) != (5, 5):
        return _plain_kernel_gradient(image, (rows, columns, channels, 1), upstream, stride, "SAME")
    padded = tf.pad(image, [[0, 0], *_same_padding(image, upstream, 5, stride), [0, 0]])
    height, width = ((side - 1) * stride + 3 for side in tf.unstack(tf.shape(upstream)[1:3]))
    # The kernel's points 0 to 2 and 2 to 4 in both directions; the middle one comes twice.
    part = {
        (row, column): _plain_kernel_gradient(
            padded[:, row : row + height, column : column + width], (3, 3, channels, 1), upstream, stride, "VALID"
        )
        for row in (0, 2)
        for column in (0, 2)
    }
    upper, lower = (tf.concat([part[row, 0], part[row, 2][:, 1:]], axis=1) for row in (0, 2))
    return tf.concat([upper, lower[1:]], axis=0)


def _plain_kernel_gradient(image: Any, shape: tuple[int, ...], upstream: Any, stride: int, padding: str) -> Any:
    import tensorflow as tf

    return tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
        input=image, filter_sizes=list(shape), out_backprop=upstream, strides=_strides(stride), padding=padding
    )


def _same_padding(image: Any, upstream: Any, side: int, stride: int) -> list[list[Any]]:
    import tensorflow as tf

    pairs = zip(tf.unstack(tf.shape(image)[1:3]), tf.unstack(tf.shape(upstream)[1:3]), strict=True)
    totals = [tf.maximum((after - 1) * stride + side - before, 0) for before, after in pairs]
    return [[total // 2, total - total // 2] for total in totals]


def _strides(stride: int) -> list[int]:
    return [1, stride, stride, 1]
