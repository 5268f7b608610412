"""The table of networks."""

from __future__ import annotations

from typing import Protocol

import keras

from tumourflow.networks.unet import build_unet


class Builder(Protocol):
    """Function that builds a network; it gives float32 logits `(batch, height, width, 1)`."""

    def __call__(self, input_shape: tuple[int | None, int | None, int], width: int, depth: int, seed: int) -> keras.Model:
        """Build the network."""


BUILDERS: dict[str, Builder] = {
    "unet": build_unet,
}


def build_network(name: str, input_shape: tuple[int | None, int | None, int], width: int, depth: int, seed: int = 0) -> keras.Model:
    """Build the network that `training.network` names.

    Args:
        name: A key of `BUILDERS`.
        input_shape: `(height, width, channels)`; no height and width for images of any size.
        width: Number of feature maps of the first stage.
        depth: Number of poolings.
        seed: Seed of the initial weights.

    Returns:
        Model from `(batch, height, width, channels)` to float32 logits `(batch, height, width, 1)`.

    Raises:
        ValueError: Where there is no such network or it cannot be built with these numbers.
    """
    if name not in BUILDERS:
        msg = f"`name` must be one of {sorted(BUILDERS)}. Received: name={name!r}."
        raise ValueError(msg)
    return BUILDERS[name](input_shape, width=width, depth=depth, seed=seed)
