"""Training steps on a processor, of which each core may compute a part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy.typing as npt
import tensorflow as tf

from tumourflow.networks import compile_forward, split_lanes
from tumourflow.types import Float32


class LaneLearner:
    """Trains on TensorFlow, each core on its part of the batch.

    Loss and gradients are those of the whole batch; batch normalisation takes the averages of each part for itself. A batch too small to
    be divided is one part, and its step that of `keras.Model.train_on_batch`.

    Attributes:
        model: Compiled model.

    Reference:
        Hoffer, Hubara and Soudry 2017, doi:10.48550/arXiv.1705.08741 (normalisation of parts of a batch).
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        # Each size of images gets a graph of its own: one for any size has other last digits.
        self._step = tf.function(self._take_step, autograph=False)
        self._forward = compile_forward(model)

    def train_on_batch(self, images: Float32, targets: npt.NDArray[Any]) -> float:
        """Change the weights by one step and give the loss of the batch before it."""
        return float(self._step(images, targets))

    def predict_on_batch(self, images: Float32) -> Float32:
        """Give the logits of the images, in their order."""
        logits: Float32 = self._forward(images)
        return logits

    def _take_step(self, images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        weights, parts = self.model.trainable_weights, split_lanes(images)
        with _moving_slower(self.model, len(parts)), tf.GradientTape() as tape:
            logits = tf.concat([self.model(part, training=True) for part in parts], axis=0)
            loss = self.model.loss(tf.concat(split_lanes(targets), axis=0), logits)
        self.model.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss


@contextmanager
def _moving_slower(model: keras.Model, moves: int) -> Iterator[None]:
    # The averages that are kept move once a lane: together as far as they would in one move by the whole batch.
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in layers]
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum ** (1 / moves)
    try:
        yield
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
