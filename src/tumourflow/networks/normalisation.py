"""Batch normalisation that takes the backend's fused kernel."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tumourflow")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]  # Keras has no types
    """Batch normalisation over the last axis of `(batch, height, width, channels)`.

    `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, with the batch's mean and variance in training and their moving
    averages in inference.

    Keras computes this in float32 with half a dozen separate operations, which on a processor costs as much as the convolutions
    around it. On TensorFlow this layer calls `FusedBatchNormV3` instead: input and output stay in the layer's own precision, the
    statistics are float32. Weights, their names, the moving averages and the result in inference are those of
    `keras.layers.BatchNormalization`; on other backends, and for other than four axes, it is that layer.

    Reference: Ioffe and Szegedy 2015, doi:10.48550/arXiv.1502.03167.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise `inputs`; moves the moving averages where `training` is true."""
        if not self._has_kernel(inputs, mask):
            return super().call(inputs, training=training, mask=mask)
        if training and self.trainable:
            outputs, mean, variance = self._normalise_by_batch(inputs)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
            return outputs
        return self._run_kernel(inputs, self.moving_mean.value, self.moving_variance.value, is_training=False)[0]

    def _has_kernel(self, inputs: Any, mask: Any) -> bool:
        plain = mask is None and not self.renorm and not self.synchronized
        return plain and keras.backend.backend() == "tensorflow" and len(inputs.shape) == 4 and self.axis in (-1, 3)

    def _normalise_by_batch(self, inputs: Any) -> tuple[Any, Any, Any]:
        import tensorflow as tf

        outputs, mean, variance = self._run_kernel(inputs, tf.zeros([0]), tf.zeros([0]), is_training=True)
        # The kernel reports the unbiased variance, Keras keeps the biased one.
        count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
        return outputs, mean, variance * (count - 1.0) / count

    def _run_kernel(self, inputs: Any, mean: Any, variance: Any, *, is_training: bool) -> tuple[Any, Any, Any]:
        import tensorflow as tf

        channels = inputs.shape[-1]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma.value if self.scale else tf.ones([channels]),
            offset=self.beta.value if self.center else tf.zeros([channels]),
            mean=mean,
            variance=variance,
            epsilon=self.epsilon,
            is_training=is_training,
        )
        return outputs, mean, variance

    def _move(self, average: keras.Variable, value: Any) -> None:
        average.assign(average * self.momentum + value * (1.0 - self.momentum))
