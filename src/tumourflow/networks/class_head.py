"""What a classifier has behind its pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from tumourflow.networks.blocks import seeded

DROPOUT = 0.3
"""Share of the numbers that a dropout leaves out in training."""


def give_class_logits(x: Any, classes: int, hidden: Sequence[int], seed: int) -> Any:
    """Dense layers with ReLU, each with dropout behind it, and the logits of the classes.

    The softmax is in the loss and in whoever predicts; logits are always float32, as probabilities near 0 and 1 need more digits than
    bfloat16 has.

    Args:
        x: Tensor `(batch, features)`.
        classes: Number of classes, at least 2.
        hidden: Number of units of each dense layer before the last.
        seed: Seed of the initial weights and of the dropout.

    Returns:
        Tensor `(batch, classes)`, float32.

    Raises:
        ValueError: Where there are fewer than two classes.
    """
    if classes < 2:
        msg = f"`classes` must be at least 2. Received: classes={classes}."
        raise ValueError(msg)
    for number, units in enumerate(hidden, start=1):
        name = f"head_{number}_dense"
        x = keras.layers.Dense(units, activation="relu", kernel_initializer=seeded(name, seed), name=name)(x)
        x = _drop(x, f"head_{number}_dropout", seed)
    x = x if hidden else _drop(x, "head_dropout", seed)
    # Small, so that an untrained network is undecided instead of sure of something.
    start = keras.initializers.RandomNormal(stddev=0.01, seed=seeded("logits", seed).seed)
    return keras.layers.Dense(classes, kernel_initializer=start, dtype="float32", name="logits")(x)


def _drop(x: Any, name: str, seed: int) -> Any:
    return keras.layers.Dropout(DROPOUT, seed=seeded(name, seed).seed, name=name)(x)
