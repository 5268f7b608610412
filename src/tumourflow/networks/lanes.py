"""Parts of a batch that the cores of a processor compute side by side.

Two cores that share every operation wait for one another at the end of each. On TensorFlow each can have a lane of its own instead: half of
the batch, all the way through the network. `tumourflow.startup.give_each_core_a_lane` asks TensorFlow for the threads that this needs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import keras
import numpy as np

from tumourflow.networks.precision import has_gpu

SMALLEST_SHARE = 8
"""Images a lane in training: of fewer, batch normalisation would learn too little."""


def count_lanes(images: int, smallest: int = SMALLEST_SHARE) -> int:
    """Count the lanes that a batch is divided among.

    Args:
        images: Number of images in the batch.
        smallest: Images a lane, at least.

    Returns:
        At least 1; more on TensorFlow and a processor only, where each operation keeps to one thread while others run beside it
        (`TF_NUM_INTRAOP_THREADS` is 1, `TF_NUM_INTEROP_THREADS` more).
    """
    if keras.backend.backend() != "tensorflow" or os.environ.get("TF_NUM_INTRAOP_THREADS") != "1" or has_gpu():
        return 1
    threads = os.environ.get("TF_NUM_INTEROP_THREADS", "")
    return max(1, min(int(threads) if threads.isdecimal() else 1, images // smallest))


def split_lanes(batch: Any, smallest: int = SMALLEST_SHARE) -> list[Any]:
    """Divide a batch into the parts of the lanes.

    Args:
        batch: Tensor or array `(n, ...)`.
        smallest: Images a lane, at least.

    Returns:
        The parts. As from a deck of cards, each lane gets every second image, or every third: neighbours in a batch are often alike,
        and a lane that normalised tumour slices by tumour slices would learn to tell them by that.
    """
    lanes = count_lanes(batch.shape[0], smallest)
    return [batch[lane::lanes] for lane in range(lanes)]


def join_lanes(parts: Sequence[Any]) -> Any:
    """Put what came out of the lanes, tensors or structures of them, in the order of the batch again."""
    if len(parts) == 1:
        return parts[0]
    return keras.tree.map_structure(lambda *several: _shuffle_in(several), *parts)


def _shuffle_in(parts: Sequence[Any]) -> Any:
    images = sum(part.shape[0] for part in parts)
    dealt = np.concatenate([np.arange(lane, images, len(parts)) for lane in range(len(parts))])
    return keras.ops.take(keras.ops.concatenate(parts, axis=0), np.argsort(dealt), axis=0)


def compile_forward(model: keras.Model, *, whole: bool = False) -> Callable[[Any], Any]:
    """Prepare a network's forward pass.

    Args:
        model: Its weights are not changed, and may be between calls; on JAX it is compiled anew, without loss and optimiser.
        whole: Whether a batch is kept together, as where its images are looked at together.

    Returns:
        Function of a batch `(n, ...)` that gives as arrays what `predict_on_batch` gives; each size of a batch is compiled once.
    """
    if keras.backend.backend() != "tensorflow":
        model.compile(jit_compile=keras.backend.backend() == "jax")
        forward: Callable[[Any], Any] = model.predict_on_batch
        return forward
    import tensorflow as tf

    # Without XLA, which on a processor is slower than TensorFlow's own kernels.
    def divide(batch: Any) -> list[Any]:
        return [batch] if whole else split_lanes(batch, 1)

    compiled = tf.function(lambda batch: join_lanes([model(part, training=False) for part in divide(batch)]), autograph=False)

    # Called by itself the function would warn of the fifth size, of whichever network, as of something that slows a program down.
    @cache
    def trace(shape: tuple[int, ...]) -> Any:
        return compiled.get_concrete_function(tf.TensorSpec(shape, model.inputs[0].dtype))

    def ask(batch: Any) -> Any:
        given = tf.cast(batch, model.inputs[0].dtype)
        return keras.tree.map_structure(lambda tensor: tensor.numpy(), trace(tuple(given.shape))(given))

    return ask
