"""A training step that TensorFlow's devices share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tumourflow.types import Float32


@cache
def mirror(*devices: str) -> tf.distribute.Strategy:
    """Give the strategy that mirrors weights on these devices.

    There is one for all trainings of a process: strategies number their exchanges each for itself, and TensorFlow would take those of
    a second one for repetitions of the first's.

    Args:
        *devices: Names such as `gpu:0`.

    Returns:
        The strategy.
    """
    return tf.distribute.MirroredStrategy(devices)


class MirroredLearner:
    """Trains on TensorFlow, where each device runs the network on its share of the batch.

    Keras's own `train_on_batch` would give each device the whole batch. Here the devices exchange what a step needs of the others:
    the sums of the batch normalisation, the logits, of which each computes the loss of the whole batch, and the gradients.

    Attributes:
        model: Compiled model, built within the strategy's scope.
        strategy: Mirrors the weights.
    """

    def __init__(self, model: keras.Model, strategy: tf.distribute.Strategy) -> None:
        self.model = model
        self.strategy = strategy
        # A step that is being traced must not make variables.
        model.optimizer.build(model.trainable_variables)
        # Traced once for small and once for large images: an exchange knows one size only.
        self._step = tf.function(self._step_together, autograph=False)
        self._forward = tf.function(self._forward_together, autograph=False)

    def train_on_batch(self, images: Float32, masks: npt.NDArray[Any]) -> Any:
        """Begin to change the weights by one step and give the loss of the batch before it, for which `float` waits."""
        return self._step(self._divide(images), self._divide(masks))

    def predict_on_batch(self, images: Float32) -> Float32:
        """Give the logits of the images, in their order; their number must be a multiple of that of the devices."""
        shares = self.strategy.experimental_local_results(self._forward(self._divide(images)))
        return np.concatenate([share.numpy() for share in shares])

    def _divide(self, array: npt.NDArray[Any]) -> Any:
        shares = np.split(array, self.strategy.num_replicas_in_sync)
        devices = self.strategy.extended.worker_devices

        def place(context: tf.distribute.experimental.ValueContext) -> tf.Tensor:
            with tf.device(devices[context.replica_id_in_sync_group]):
                return tf.constant(shares[context.replica_id_in_sync_group])

        return self.strategy.experimental_distribute_values_from_function(place)

    def _step_together(self, images: Any, masks: Any) -> tf.Tensor:
        with _synchronised(self.model):
            losses = self.strategy.run(self._step_on_share, args=(images, masks))
        return self.strategy.reduce("MEAN", losses, axis=None)

    def _forward_together(self, images: Any) -> Any:
        return self.strategy.run(lambda share: self.model(share, training=False), args=(images,))

    def _step_on_share(self, images: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
        replicas = tf.distribute.get_replica_context()
        weights = self.model.trainable_weights
        with tf.GradientTape() as tape:
            logits = self.model(images, training=True)
            loss = self.model.loss(replicas.all_gather(tf.cast(masks, tf.float32), axis=0), replicas.all_gather(logits, axis=0))
            # Each device computes the same loss, and the optimiser sums the gradients of all.
            share = loss / replicas.num_replicas_in_sync
        self.model.optimizer.apply_gradients(zip(tape.gradient(share, weights), weights, strict=True))
        return loss


@contextmanager
def _synchronised(model: keras.Model) -> Iterator[None]:
    # For this step only: the stored network must not ask for TensorFlow.
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in layers:
        layer.synchronized = True
    try:
        yield
    finally:
        for layer in layers:
            layer.synchronized = False
