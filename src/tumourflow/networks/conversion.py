"""The same network in another precision, in Keras's own layers, or for images of any size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from tumourflow.networks.depthwise import QuickDepthwiseConv2D
from tumourflow.networks.dilation import DilatedConv2D
from tumourflow.networks.interpolation import BilinearUpSampling2D
from tumourflow.networks.largest import FirstLargestPooling2D
from tumourflow.networks.normalisation import FusedBatchNormalization
from tumourflow.networks.skip import SkipConv2D
from tumourflow.networks.up_convolution import UpConv2D

Kind = type[keras.layers.Layer]

OWN_KINDS: dict[Kind, Kind] = {
    keras.layers.BatchNormalization: FusedBatchNormalization,
    keras.layers.Conv2D: DilatedConv2D,
    keras.layers.GlobalMaxPooling2D: FirstLargestPooling2D,
    keras.layers.DepthwiseConv2D: QuickDepthwiseConv2D,
    keras.layers.UpSampling2D: BilinearUpSampling2D,
}
"""Layers of Keras and those of this package that give the same, with the same weights."""
PLAIN_KINDS = {own: plain for plain, own in OWN_KINDS.items()} | {UpConv2D: keras.layers.Conv2DTranspose, SkipConv2D: keras.layers.Conv2D}
"""The layers of Keras that take over from this package's; the last two are quicker in training only."""


def convert_precision(model: keras.Model, policy: str) -> keras.Model:
    """Copy a functional model into another dtype policy; layers that were asked for float32 by name (`logits...`) keep it.

    A stored network computes in float32, so that it runs anywhere; where bfloat16 is fast, the copy predicts twice as fast. Its batch
    normalisation, its dilated and depthwise convolutions and bilinear up-sampling are this package's own, which are faster.

    Args:
        model: Network of `build_network` or one that was stored; not changed.
        policy: Name of a Keras dtype policy.

    Returns:
        New model with the same weights, not compiled.
    """
    return _clone(model, policy, _fast_kind)


def free_sides(model: keras.Model) -> keras.Model:
    """Copy a functional model into one for images of any size that its strides allow; a stored one is for that of its training.

    Args:
        model: Network of `build_network`, `convert_precision` or one that was stored; not changed.

    Returns:
        New model with the same layers, precision and weights, not compiled.
    """
    first = model.inputs[0]
    copy = clone_graph(
        model,
        lambda layer: layer.__class__.from_config(layer.get_config()),
        inputs=[keras.Input((None, None, first.shape[-1]), name=first.name)],
    )
    copy.set_weights(model.get_weights())
    return copy


def make_portable(model: keras.Model, input_shape: tuple[int, int, int]) -> keras.Model:
    """Copy a functional model into float32 and Keras's own layers, so that it loads wherever there is Keras.

    Args:
        model: Network of `build_network`; not changed.
        input_shape: `(height, width, channels)` of the images that it will see.

    Returns:
        New model with the same weights and names, not compiled.
    """
    inputs = keras.Input(input_shape, name=model.inputs[0].name)
    return _clone(model, "float32", _portable_kind, [inputs], call_plain)


def _clone(
    model: keras.Model,
    policy: str,
    kind_of: Callable[[keras.layers.Layer], Kind],
    inputs: list[Any] | None = None,
    call: Callable[..., Any] | None = None,
) -> keras.Model:
    copy = clone_graph(model, lambda layer: _clone_layer(layer, policy, kind_of(layer)), call, inputs)
    copy.set_weights(model.get_weights())
    return copy


def clone_graph(
    model: keras.Model,
    clone_layer: Callable[[keras.layers.Layer], keras.layers.Layer],
    call: Callable[..., Any] | None = None,
    inputs: list[Any] | None = None,
) -> keras.Model:
    """Copy the graph of a functional model, without its weights, and without the optimiser and loss of a compiled one.

    Args:
        model: Not changed.
        clone_layer: Gives what takes the place of a layer.
        call: Applies that to what went into the layer; by default as the layer was applied.
        inputs: What takes the place of the model's inputs; by default, inputs like them.
    """
    # `clone_model` would try to rebuild optimiser and loss.
    bare = keras.Model(model.inputs, model.outputs, name=model.name)
    return keras.models.clone_model(bare, inputs, clone_layer, call)


def _clone_layer(layer: keras.layers.Layer, policy: str, kind: Kind) -> keras.layers.Layer:
    config = layer.get_config()
    config["dtype"] = "float32" if layer.name.startswith("logits") else policy
    return kind.from_config(config)


def _fast_kind(layer: keras.layers.Layer) -> Kind:
    kind: Kind = layer.__class__
    plain_convolution = kind is keras.layers.Conv2D and max(layer.dilation_rate) == 1
    plain_sampling = kind is keras.layers.UpSampling2D and layer.interpolation != "bilinear"
    return kind if plain_convolution or plain_sampling else OWN_KINDS.get(kind, kind)


def _portable_kind(layer: keras.layers.Layer) -> Kind:
    kind: Kind = layer.__class__
    plain: Kind = PLAIN_KINDS.get(kind, kind)
    return plain


def call_plain(layer: keras.layers.Layer, inputs: Any, *others: Any, **options: Any) -> Any:
    """Call a layer that may have taken over from one of this package's: two tensors are joined before a convolution."""
    if isinstance(layer, keras.layers.Conv2D) and isinstance(inputs, list):
        inputs = keras.layers.Concatenate(dtype=layer.dtype_policy, name=f"{layer.name}_join")(inputs)
    return layer(inputs, *others, **options)
