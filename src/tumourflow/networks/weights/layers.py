"""Weights by layer, put into a network after all of them were compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import keras
import numpy as np

from tumourflow.errors import UserError
from tumourflow.types import Float32

NAMED = 4
"""How many layers a message names."""


@dataclass(frozen=True)
class Weights:
    """Weights of a trained network.

    Attributes:
        layers: Arrays of each layer by its name, in Keras's order.
        channels: Number of channels of the images that it was trained on.
        source: What it is, for messages.
        advice: What to do where it does not fit, for messages.
    """

    layers: dict[str, list[Float32]]
    channels: int
    source: str
    advice: str


def adapt_channels(kernel: Float32, channels: int) -> Float32:
    """Make a kernel for images of another number of channels.

    Args:
        kernel: `(rows, columns, channels before, feature maps)`.
        channels: Number of channels that the images have.

    Returns:
        `(rows, columns, channels, feature maps)`: the kernel itself where the number is the same; else the mean over its channels for
        each of the channels, times their number before over that now, so that the response to channels that are alike keeps its size.

    Example:
        >>> kernel = np.array([1, 2, 6], np.float32).reshape(1, 1, 3, 1)
        >>> adapt_channels(kernel, 2).ravel()
        array([4.5, 4.5], dtype=float32)
    """
    before = kernel.shape[2]
    if channels == before:
        return kernel
    return np.repeat(kernel.mean(axis=2, keepdims=True) * np.float32(before / channels), channels, axis=2)


def put_weights(model: keras.Model, weights: Weights, names: Sequence[str]) -> None:
    """Put weights into layers of the same names and shapes.

    A kernel that differs only in the number of the image's channels is adapted to it (`adapt_channels`).

    Args:
        model: Network; changed, unless there is an error.
        weights: Weights of a trained network.
        names: Layers of either network that must agree.

    Raises:
        UserError: Where a layer is missing in one of the two or has another shape.
    """
    here = {layer.name: layer for layer in model.layers}
    channels = (weights.channels, model.input_shape[-1])
    fitted = {name: _fit(arrays, here[name], channels) for name, arrays in weights.layers.items() if name in here}
    wrong = [_compare(name, fitted.get(name, weights.layers.get(name)), here.get(name)) for name in names]
    if misfits := [sentence for sentence in wrong if sentence]:
        more = f"; and {len(misfits) - NAMED} more" if len(misfits) > NAMED else ""
        found = "; ".join(misfits[:NAMED]) + more
        msg = f"`training.weights`: {weights.source} does not fit the network `{model.name}`: {found}. {weights.advice}"
        raise UserError(msg)
    for name in names:
        here[name].set_weights(fitted[name])


def _fit(arrays: list[Float32], layer: keras.layers.Layer, channels: tuple[int, int]) -> list[Float32]:
    before, now = channels
    sees_image = isinstance(layer, keras.layers.Conv2D) and layer.kernel.shape[2] == now
    if sees_image and arrays[0].ndim == 4 and arrays[0].shape[2] == before:
        return [adapt_channels(arrays[0], now), *arrays[1:]]
    return arrays


def _compare(name: str, arrays: list[Float32] | None, layer: keras.layers.Layer | None) -> str | None:
    if arrays is None or layer is None:
        return f"`{name}` is {'only here' if arrays is None else 'not here'}"
    shapes = [tuple(weight.shape) for weight in layer.weights]
    pairs = zip_longest([array.shape for array in arrays], shapes)
    return next((f"`{name}` has shape {there} there and {here} here" for there, here in pairs if there != here), None)
