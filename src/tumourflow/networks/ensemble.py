"""Several networks as one: the mean of what they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import keras

from tumourflow.networks.conversion import clone_graph

AVERAGE = re.compile(r"mean_of_(\d+)")
"""Names of the networks of `average_networks`."""
LOG_CHANCE = "logits_log_chance"
"""How the name of the layers begins that the members' logits go into; all that begin with `logits` are kept in float32."""


def average_networks(models: Sequence[keras.Model]) -> keras.Model:
    """Join networks into one that gives the logit of the mean of their probabilities.

    All layers stand side by side in one graph, of which no use needs to know that it is several: it is stored, converted and run as any
    other. What is new are layers of Keras's own without weights. The mean is taken in logarithms, so that no logit becomes infinite:
    with s the logistic function, logit(mean(s(z))) = log(sum(s(z))) - log(sum(s(-z))).

    Args:
        models: Functional networks of one input shape, from `(batch, height, width, channels)` to logits `(batch, height, width, 1)`,
            or `(batch, classes)`; not changed.

    Returns:
        New network with copies of their weights, not compiled, float32 logits of the members' shape; of classes they are the logarithms of
        the mean probabilities, but for a constant. A layer of the member number i is called `<name>_of_<i>`.

    Raises:
        ValueError: Where there is no network, or where their inputs have other shapes.
    """
    shapes = {model.input_shape for model in models}
    if len(shapes) != 1:
        msg = f"`models` must be networks of one input shape. Received: {len(models)} networks of the shapes {sorted(map(str, shapes))}."
        raise ValueError(msg)
    first = models[0].inputs[0]
    images = keras.Input(first.shape[1:], name=first.name)
    logits = [_copy_onto(images, model, number) for number, model in enumerate(models)]
    # One logit a pixel, or one a class.
    average = _average_logits if len(models[0].output_shape) == 4 else _average_classes
    return keras.Model(images, average(logits), name=f"mean_of_{len(models)}")


def count_members(model: keras.Model) -> int:
    """Tell of how many networks one is the average, by its name: 0 where it is a single one."""
    named = AVERAGE.fullmatch(model.name)
    return int(named[1]) if named else 0


def split_average(model: keras.Model) -> list[keras.Model]:
    """Give back the networks of an average, also of one that was stored and loaded.

    Args:
        model: What `average_networks` gave; not changed.

    Returns:
        New networks in their order, not compiled, with the layers and weights that they had; the average does not keep their own names.

    Raises:
        ValueError: Where the network is no average.
    """
    members = count_members(model)
    if not members:
        msg = f"`model` must be an average of networks. Received: {model.name}."
        raise ValueError(msg)
    return [_copy_member(model, number) for number in range(members)]


def _copy_member(average: keras.Model, number: int) -> keras.Model:
    seen = average.inputs[0]
    # The mean begins with the member's own logits.
    member = keras.Model([seen], average.get_layer(f"{LOG_CHANCE}_of_{number}").input)
    images = keras.Input(seen.shape[1:], name=seen.name)
    return keras.Model(images, _copy(images, member, lambda name: name.removesuffix(f"_of_{number}")))


def _copy_onto(images: Any, model: keras.Model, number: int) -> Any:
    return _copy(images, model, lambda name: f"{name}_of_{number}")


def _copy(images: Any, model: keras.Model, name: Callable[[str], str]) -> Any:
    copy = clone_graph(model, lambda layer: _rename(layer, name(layer.name)), inputs=[images])
    copy.set_weights(model.get_weights())
    return copy.outputs[0]


def _rename(layer: keras.layers.Layer, name: str) -> keras.layers.Layer:
    renamed: keras.layers.Layer = layer.__class__.from_config({**layer.get_config(), "name": name})
    return renamed


def _average_logits(logits: list[Any]) -> Any:
    chances = [_activate("log_sigmoid", z, f"{LOG_CHANCE}_of_{number}") for number, z in enumerate(logits)]
    # log s(-z) = log s(z) - z
    rests = [_subtract(chance, z, f"logits_log_rest_of_{number}") for number, (chance, z) in enumerate(zip(chances, logits, strict=True))]
    return _subtract(_add_exponents(chances, "logits_chance"), _add_exponents(rests, "logits_rest"), "logits")


def _average_classes(logits: list[Any]) -> Any:
    chances = [_activate("log_softmax", z, f"{LOG_CHANCE}_of_{number}") for number, z in enumerate(logits)]
    return _activate("linear", _add_exponents(chances, "logits_chance"), "logits")


def _add_exponents(terms: list[Any], name: str) -> Any:
    # log(exp a + exp b) = a + log(1 + exp(b - a)), term by term.
    total = terms[0]
    for number, term in enumerate(terms[1:], start=1):
        above = _activate("softplus", _subtract(term, total, f"{name}_step_{number}"), f"{name}_rise_{number}")
        total = keras.layers.Add(dtype="float32", name=f"{name}_sum_{number}")([total, above])
    return total


def _activate(function: str, x: Any, name: str) -> Any:
    return keras.layers.Activation(function, dtype="float32", name=name)(x)


def _subtract(x: Any, y: Any, name: str) -> Any:
    return keras.layers.Subtract(dtype="float32", name=name)([x, y])
