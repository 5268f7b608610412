"""The table of networks."""

from __future__ import annotations

from typing import Protocol

import keras

from tumourflow.networks.deeplab import build_deeplabv3, build_deeplabv3plus
from tumourflow.networks.deeplab_lite0 import build_deeplabv3plus_lite0
from tumourflow.networks.head import InputShape
from tumourflow.networks.resunet import build_resunet
from tumourflow.networks.sk_unet import build_sk_unet
from tumourflow.networks.unet import build_unet
from tumourflow.networks.unet_lite0 import build_unet_lite0


class PooledBuilder(Protocol):
    """Function that builds a network of `depth` poolings; it gives float32 logits `(batch, height, width, 1)`."""

    def __call__(self, input_shape: InputShape, width: int, depth: int, seed: int) -> keras.Model:
        """Build the network."""


class AtrousBuilder(Protocol):
    """Function that builds a network dilated beyond `output_stride`; it gives float32 logits `(batch, height, width, 1)`."""

    def __call__(self, input_shape: InputShape, width: int, output_stride: int, seed: int) -> keras.Model:
        """Build the network."""


class FixedBuilder(Protocol):
    """Function that builds a network whose encoder is as it was published; it gives float32 logits `(batch, height, width, 1)`."""

    def __call__(self, input_shape: InputShape, width: int, seed: int) -> keras.Model:
        """Build the network."""


POOLED: dict[str, PooledBuilder] = {"unet": build_unet, "resunet": build_resunet, "sk_unet": build_sk_unet}
ATROUS: dict[str, AtrousBuilder] = {
    "deeplabv3": build_deeplabv3,
    "deeplabv3plus": build_deeplabv3plus,
    "deeplabv3plus_lite0": build_deeplabv3plus_lite0,
}
FIXED: dict[str, FixedBuilder] = {"unet_lite0": build_unet_lite0}
BUILDERS: dict[str, PooledBuilder | AtrousBuilder | FixedBuilder] = {**POOLED, **ATROUS, **FIXED}


def build_network(name: str, input_shape: InputShape, width: int, depth: int, seed: int = 0, output_stride: int = 16) -> keras.Model:
    """Build the network that `training.network` names.

    Args:
        name: A key of `BUILDERS`.
        input_shape: `(height, width, channels)`; no height and width for images of any size.
        width: Number of feature maps of the first stage.
        depth: Number of poolings, for the networks of `POOLED`.
        seed: Seed of the initial weights.
        output_stride: Sides of the image over sides of the last feature maps, for the networks of `ATROUS`.

    Returns:
        Model from `(batch, height, width, channels)` to float32 logits `(batch, height, width, 1)`.

    Raises:
        ValueError: Where there is no such network or it cannot be built with these numbers.
    """
    if name in POOLED:
        return POOLED[name](input_shape, width=width, depth=depth, seed=seed)
    if name in ATROUS:
        return ATROUS[name](input_shape, width=width, output_stride=output_stride, seed=seed)
    if name in FIXED:
        return FIXED[name](input_shape, width=width, seed=seed)
    msg = f"`name` must be one of {sorted(BUILDERS)}. Received: name={name!r}."
    raise ValueError(msg)
