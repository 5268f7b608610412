"""What batch normalisation sees of some images alone, in place of what it has seen in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from tumourflow.networks.conversion import clone_graph


class Statistics(NamedTuple):
    """What a normalisation subtracts, and the square of what it divides by.

    Attributes:
        mean: Of each feature map, float32 `(channels,)`.
        variance: Of each feature map, float32 `(channels,)`, not negative.
    """

    mean: npt.NDArray[np.float32]
    variance: npt.NDArray[np.float32]


NormStatistics = Mapping[str, Statistics]
"""Statistics by the name of the normalisation."""


class _ObservingNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]  # Keras has no types
    """Normalises by the batch and gives the batch's mean and variance beside the result."""

    def call(self, inputs: Any, **_: Any) -> list[Any]:
        seen = keras.ops.cast(inputs, "float32")
        mean, variance = keras.ops.moments(seen, axes=(0, 1, 2))
        result = keras.ops.batch_normalization(seen, mean, variance, -1, self.beta, self.gamma, self.epsilon)
        return [keras.ops.cast(result, self.compute_dtype), mean, variance]

    def compute_output_spec(self, inputs: Any, **_: Any) -> list[Any]:
        mean, variance = (keras.KerasTensor((inputs.shape[-1],), "float32") for _ in range(2))
        return [keras.KerasTensor(inputs.shape, self.compute_dtype), mean, variance]


def adapting_norms(model: keras.Model) -> list[str]:
    """Name the normalisations that can take the statistics of new images: the first half of them, in the order of the graph.

    Their statistics tell of contrast, noise and resolution, which belong to the scanner. Those behind them tell how much tumour there
    is, which is not to be normalised away.

    Args:
        model: Functional network of a single graph.
    """
    norms = [layer.name for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization) and layer.axis in (-1, 3)]
    return norms[: (len(norms) + 1) // 2]


def read_statistics(norm: keras.layers.BatchNormalization) -> Statistics:
    """Read what a normalisation has seen in training."""
    return Statistics(*map(keras.ops.convert_to_numpy, (norm.moving_mean, norm.moving_variance)))


def build_observer(model: keras.Model, names: Sequence[str]) -> keras.Model:
    """Copy a network as far as it is needed to tell the statistics of images.

    Args:
        model: Functional network of a single graph; not changed.
        names: At least one of its batch normalisations. In the copy they normalise by the batch, the others as in inference.

    Returns:
        Network from images `(n, height, width, channels)` to a list: mean and variance, float32 `(channels,)`, of what goes into
        each of `names`, in their order.
    """
    told: dict[str, list[Any]] = {}

    def call(layer: Any, inputs: Any, *others: Any, **options: Any) -> Any:
        if layer.name not in names:
            return layer(inputs, *others, **options)
        result, *told[layer.name] = layer(inputs)
        return result

    copy = clone_graph(model, lambda layer: _clone_layer(layer, layer.name in names), call)
    observer = keras.Model(copy.inputs, [each for name in names for each in told[name]], name=f"{model.name}_observer")
    for layer in observer.layers:
        layer.set_weights(model.get_layer(layer.name).get_weights() if layer.weights else [])
    return observer


def _clone_layer(layer: keras.layers.Layer, is_observing: bool) -> keras.layers.Layer:
    kind = _ObservingNormalization if is_observing else layer.__class__
    return kind.from_config(layer.get_config())
