"""What all networks share: the check of their numbers and the layer that gives the logits."""

from __future__ import annotations

import math
from typing import Any

import keras

from tumourflow.networks.blocks import seeded

InputShape = tuple[int | None, int | None, int]
"""Height, width and channels of an image; no height and width for images of any size."""

TUMOUR_SHARE = 0.05
"""Share of tumour among the pixels that an untrained network expects, so that no step is spent on learning that most are none."""


def give_logits(x: Any, seed: int, name: str = "logits") -> Any:
    """1x1 convolution to one logit a pixel, always float32: probabilities near 0 and 1 need more digits than bfloat16 has.

    Args:
        x: Tensor `(batch, height, width, channels)`.
        seed: Seed of the initial weights.
        name: Name of the layer; it begins with `logits`, by which the layer is kept in float32.

    Returns:
        Tensor `(batch, height, width, 1)`; its bias starts at the logit of `TUMOUR_SHARE` (Lin et al. 2017, doi:10.1109/ICCV.2017.324).
    """
    prior = keras.initializers.Constant(math.log(TUMOUR_SHARE / (1 - TUMOUR_SHARE)))
    start = {"kernel_initializer": seeded(name, seed), "bias_initializer": prior}
    return keras.layers.Conv2D(1, 1, **start, dtype="float32", name=name)(x)


def check_numbers(input_shape: InputShape, stride: int, reason: str, **numbers: int) -> None:
    """Refuse numbers that no network can be built with.

    Args:
        input_shape: `(height, width, channels)`.
        stride: What both sides must be divisible by.
        reason: Where the stride comes from, for the message.
        **numbers: Numbers that must be at least 1.

    Raises:
        ValueError: Where a side is not divisible or a number is below 1.
    """
    if min(numbers.values()) < 1:
        names = " and ".join(f"`{name}`" for name in numbers)
        received = ", ".join(f"{name}={number}" for name, number in numbers.items())
        msg = f"{names} must be at least 1. Received: {received}."
        raise ValueError(msg)
    if any(side is not None and side % stride for side in input_shape[:2]):
        msg = f"Both sides must be divisible by {reason} = {stride}. Received: input_shape={input_shape}."
        raise ValueError(msg)
