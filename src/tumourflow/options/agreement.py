"""Whether parameters agree with one another where they meet, and with what an earlier run has made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tumourflow.errors import UserError
from tumourflow.options.base import Options
from tumourflow.options.networks import find_small_batch, find_wrong_scale, find_wrong_size
from tumourflow.options.preparation import PreparationOptions
from tumourflow.options.training import TrainingOptions


def require_agreement(group: str, wanted: Options, made: Mapping[str, Any]) -> None:
    """Refuse parameters that a room which is run alone would pass over: it takes what earlier rooms have left as it is.

    Args:
        group: Name of the group of parameters.
        wanted: What is asked for.
        made: By which values it was made; a value that is not among them is not compared.

    Raises:
        UserError: Naming each parameter that is another.
    """
    described = wanted.model_dump(mode="json")
    changed = [name for name, value in described.items() if name in made and made[name] != value]
    if changed:
        told = "; ".join(f"`{group}.{name}` is {described[name]!r} and was {made[name]!r}" for name in changed)
        msg = (
            f"What is at hand was made by other parameters: {told}. Give the same, or run the rooms that make it anew with these: "
            "kedro run --pipeline=segmentation runs all."
        )
        raise UserError(msg)


def require_fit(preparation: PreparationOptions, training: TrainingOptions, *, multi_scale: bool) -> None:
    """Refuse a size of images that the network to be trained cannot see, or batches that it cannot learn from.

    Args:
        preparation: The size.
        training: Which network, and how many images a step.
        multi_scale: Whether it is to predict larger images, too.

    Raises:
        UserError: Naming the parameter and what is allowed.
    """
    size, network = preparation.size, (training.network, training.depth, training.output_stride)
    wrong = find_wrong_size(size, *network) or (find_wrong_scale(size, *network) if multi_scale else None)
    if wrong := wrong or find_small_batch(training.batch, size, *network):
        msg = f"Parameter {wrong}"
        raise UserError(msg)


def require_scale(size: int, trained: Mapping[str, Any]) -> None:
    """Refuse `prediction.multi_scale` for a network at hand that cannot see the larger images.

    Args:
        size: Height and width of the images that it was trained on.
        trained: The options that it was trained by, as its record has them.

    Raises:
        UserError: Saying which sizes can be enlarged.
    """
    stride = trained.get("output_stride", TrainingOptions.model_fields["output_stride"].default)
    if wrong := find_wrong_scale(size, trained["network"], trained["depth"], stride):
        msg = f"The network at hand sees no larger images: {wrong} Else train one at such a size."
        raise UserError(msg)


def require_single_networks(training: TrainingOptions, pipeline: str) -> None:
    """Refuse what would have several networks averaged where nobody averages.

    Args:
        training: How networks are trained.
        pipeline: Which pipeline trains them.

    Raises:
        UserError: Naming the parameter.
    """
    for name, single in (("seeds", 1), ("average_folds", False)):
        if (given := getattr(training, name)) != single:
            msg = f"`training.{name}` is {given!r}, but the networks of `{pipeline}` are not averaged: leave it out."
            raise UserError(msg)
