"""Batch normalisation taken into the convolution before it, for networks that only predict."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from tumourflow.networks.conversion import PLAIN_KINDS, Kind, call_plain, clone_graph
from tumourflow.networks.depthwise import QuickDepthwiseConv2D
from tumourflow.networks.skip import SkipConv2D
from tumourflow.networks.statistics import NormStatistics, Statistics, read_statistics
from tumourflow.networks.up_convolution import UpConv2D

_Weights = list[npt.NDArray[Any]]

_FOLDABLE = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
_CONVOLUTIONS = (*_FOLDABLE, keras.layers.Conv2DTranspose)


def fold_normalisation(model: keras.Model) -> keras.Model:
    """Copy a functional model without those batch normalisations that a convolution can do.

    In inference `gamma (w * x - mean) / sqrt(variance + epsilon) + beta` is itself a convolution: its kernel is that of `w` times
    `gamma / sqrt(variance + epsilon)`, and the rest is its bias. That spares a pass through the feature maps, which tells where
    convolutions are cheap, as depthwise ones are.

    Args:
        model: Functional network of a single graph; not changed.

    Returns:
        New network with the same layers' names and, but for rounding, the same result in inference, not compiled. A normalisation
        that follows something else, or a convolution whose result is also used otherwise, stays as it is. It is not to be trained.

    Reference: Jacob et al. 2018, section 3.2, doi:10.1109/CVPR.2018.00286.
    """
    return FoldedNetwork(model).model


class FoldedNetwork:
    """What `fold_normalisation` makes of a network, to which the normalisations' statistics can be given anew.

    Attributes:
        model: The copy.
    """

    def __init__(self, model: keras.Model) -> None:
        """Copy a network, which is kept beside the copy."""
        self._source = model
        norms = _find_foldable(model)
        followers = {norm.name for norm in norms.values()}
        self.model = clone_graph(model, lambda layer: _clone_layer(layer, layer.name in norms, layer.name in followers), _call)
        self._convolutions = {norm.name: model.get_layer(name) for name, norm in norms.items()}
        for layer in model.layers:
            if layer.weights and layer.name not in norms and layer.name not in followers:
                self.model.get_layer(layer.name).set_weights(layer.get_weights())
        self.normalise_by({name: read_statistics(model.get_layer(name)) for name in followers})

    def normalise_by(self, statistics: NormStatistics) -> None:
        """Give some normalisations other statistics than those of training; the others keep what they have.

        Args:
            statistics: By the name of the normalisation.
        """
        for name, seen in statistics.items():
            norm, convolution = self._source.get_layer(name), self._convolutions.get(name)
            if convolution is not None:
                self.model.get_layer(convolution.name).set_weights(_fold(convolution, norm, seen))
            else:
                self.model.get_layer(name).set_weights([*norm.get_weights()[:-2], *seen])


def _find_foldable(model: keras.Model) -> dict[str, keras.layers.BatchNormalization]:
    """Find the normalisations that alone use the result of a convolution, by the name of the convolution."""
    users: dict[str, list[Any]] = {}
    for operation in model.operations:
        for name in _name_sources(operation):
            users.setdefault(name, []).append(operation)
    ends = {tensor._keras_history.operation.name for tensor in model.outputs}
    return {
        layer.name: users[layer.name][0]
        for layer in model.layers
        if _is_linear_convolution(layer) and layer.name not in ends and _is_one_normalisation(users[layer.name])
    }


def _name_sources(operation: Any) -> list[str]:
    return [tensor._keras_history.operation.name for node in operation._inbound_nodes for tensor in node.input_tensors]


def _is_linear_convolution(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, _FOLDABLE) and layer.activation is keras.activations.linear and layer.data_format == "channels_last"


def _is_one_normalisation(users: list[Any]) -> bool:
    return len(users) == 1 and isinstance(users[0], keras.layers.BatchNormalization) and users[0].axis in (-1, 3)


def _clone_layer(layer: keras.layers.Layer, is_folded: bool, is_follower: bool) -> keras.layers.Layer:
    if is_follower:
        return keras.layers.Identity(dtype=layer.dtype_policy.name, name=layer.name)
    config = layer.get_config() | ({"use_bias": True} if is_folded else {})
    if isinstance(layer, _CONVOLUTIONS):
        # Weights that are not trained any more need not be rounded anew for every batch.
        config["dtype"] = layer.compute_dtype
    return _choose_kind(layer).from_config(config)


def _call(operation: Any, inputs: Any, *others: Any, **options: Any) -> Any:
    # What took the place of a normalisation has none of its options.
    if isinstance(operation, keras.layers.Identity):
        return operation(inputs)
    return call_plain(operation, inputs, *others, **options)


def _choose_kind(layer: keras.layers.Layer) -> Kind:
    # Those that are there for their gradients hide the convolution from whoever would add the bias to it.
    kind: Kind = layer.__class__
    for_training = kind in (SkipConv2D, UpConv2D) or (kind is QuickDepthwiseConv2D and max(layer.dilation_rate) == 1)
    chosen: Kind = PLAIN_KINDS[kind] if for_training else kind
    return chosen


def _fold(convolution: keras.layers.Layer, norm: keras.layers.BatchNormalization, seen: Statistics) -> _Weights:
    kernel, *bias = convolution.get_weights()
    gamma = keras.ops.convert_to_numpy(norm.gamma) if norm.scale else np.ones_like(seen.mean)
    beta = keras.ops.convert_to_numpy(norm.beta) if norm.center else np.zeros_like(seen.mean)
    factor = gamma / np.sqrt(seen.variance + norm.epsilon)
    # A depthwise kernel has its feature maps where others have what goes in.
    depthwise = isinstance(convolution, keras.layers.DepthwiseConv2D)
    scaled = kernel * (factor.reshape(kernel.shape[2:]) if depthwise else factor)
    return [scaled, beta + factor * (sum(bias) - seen.mean)]
