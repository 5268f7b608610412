"""Weights of a network that was trained here before."""

from __future__ import annotations

import os
from pathlib import Path

import keras

from tumourflow.errors import UserError
from tumourflow.networks.ensemble import count_members
from tumourflow.networks.weights.layers import Weights
from tumourflow.options.training import WEIGHTS

SUFFIX = ".keras"
"""By which Keras knows its files."""


def read_stored(path: Path) -> Weights:
    """Read the weights of a stored network.

    Args:
        path: A `.keras` file or a folder with one in it, such as a version of `segmenter`.

    Returns:
        Weights of all its layers.

    Raises:
        UserError: Where there is no such network, more than one, the average of several, or one that cannot be read.
    """
    file = find_file(path)
    try:
        model = keras.saving.load_model(file, compile=False)
        channels = model.input_shape[-1]
    # What Keras raises at a file of somebody else is not bounded by its documentation, and speaks of Keras's own insides.
    except Exception as error:
        right = file.suffix == SUFFIX
        advice = f"name the `{SUFFIX}` file of a network that was trained here" if right else f"if it is one, name it {file.stem}{SUFFIX}"
        msg = f"`training.weights`: {file} cannot be read as a Keras network: {advice}."
        raise UserError(msg) from error
    if members := count_members(model):
        msg = (
            f"`training.weights`: {file} is the mean of {members} networks, and a training can begin with one alone: "
            "name the file of a network that was trained with `training.seeds` 1."
        )
        raise UserError(msg)
    layers = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    advice = "Set `training.network`, `training.width` and `training.depth` as they were in its training."
    return Weights(layers, channels=channels, source=f"{file} ({model.name})", advice=advice)


def find_file(path: Path) -> Path:
    """Find the file of a network that was trained before.

    Args:
        path: The file, or a folder that holds it; `~` is the user's own.

    Raises:
        UserError: Where there is none, or more than one.
    """
    path = Path(os.path.expanduser(path))
    if path.is_file():
        return path
    files = sorted(file for file in path.rglob(f"*{SUFFIX}") if file.is_file())
    if len(files) == 1:
        return files[0]
    if not files:
        msg = f"`training.weights` is {path}, allowed is: {WEIGHTS}; there is none."
        raise UserError(msg)
    msg = f"`training.weights` is {path}, which holds {len(files)} networks, among them {files[0]} and {files[-1]}: name one of them."
    raise UserError(msg)
