"""Parts of a batch that the cores of a processor compute side by side.

Two cores that share every operation wait for one another at the end of each. On TensorFlow each can have a lane of its own instead: half of
the batch, all the way through the network. `tumourflow.startup.give_each_core_a_lane` asks TensorFlow for the threads that this needs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import keras

from tumourflow.networks.precision import has_gpu

SMALLEST_SHARE = 8
"""Images a lane: of fewer, batch normalisation would learn too little."""


def count_lanes(images: int) -> int:
    """Count the lanes that a batch is divided among.

    Args:
        images: Number of images in the batch.

    Returns:
        At least 1; more on TensorFlow and a processor only, where each operation keeps to one thread while others run beside it
        (`TF_NUM_INTRAOP_THREADS` is 1, `TF_NUM_INTEROP_THREADS` more).
    """
    if keras.backend.backend() != "tensorflow" or os.environ.get("TF_NUM_INTRAOP_THREADS") != "1" or has_gpu():
        return 1
    return max(1, min(int(os.environ.get("TF_NUM_INTEROP_THREADS", "1")), images // SMALLEST_SHARE))


def split_lanes(batch: Any) -> list[Any]:
    """Divide a batch into the parts of the lanes.

    Args:
        batch: Tensor or array `(n, ...)`.

    Returns:
        The parts in their order; the last may be smaller than the others.
    """
    images = batch.shape[0]
    share = -(-images // count_lanes(images))
    return [batch[start : start + share] for start in range(0, images, share)]


def join_lanes(parts: Sequence[Any]) -> Any:
    """Put what came out of the lanes, tensors or structures of them, behind one another again."""
    if len(parts) == 1:
        return parts[0]
    return keras.tree.map_structure(lambda *several: keras.ops.concatenate(several, axis=0), *parts)


def compile_forward(model: keras.Model) -> Callable[[Any], Any]:
    """Prepare a network's forward pass.

    Args:
        model: Its weights are not changed.

    Returns:
        Function of a batch `(n, ...)` that gives as arrays what `predict_on_batch` gives; each size of a batch is compiled once.
    """
    if keras.backend.backend() != "tensorflow":
        model.compile(jit_compile=keras.backend.backend() == "jax")
        forward: Callable[[Any], Any] = model.predict_on_batch
        return forward
    import tensorflow as tf

    # Without XLA, which on a processor is slower than TensorFlow's own kernels.
    compiled = tf.function(lambda batch: join_lanes([model(part, training=False) for part in split_lanes(batch)]), autograph=False)
    return lambda batch: keras.tree.map_structure(lambda tensor: tensor.numpy(), compiled(batch))
