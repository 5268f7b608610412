"""ResNet-50's ImageNet weights, from the file that Keras publishes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import h5py
import numpy as np

from tumourflow.errors import UserError
from tumourflow.networks.weights.layers import Weights

FILE = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
ADDRESS = f"https://storage.googleapis.com/tensorflow/keras-applications/resnet/{FILE}"
MD5 = "4d473c1dd8becc155b73f8504c6f6626"
"""By which Keras knows the file."""
FOLDER = Path("data/01_raw/weights")
"""Where a user puts the file."""
DEVIATION = 57.6
"""Standard deviation of ImageNet's pixels as the network saw them, pixel - mean: .226 x 255."""


def find_resnet50_file() -> Path:
    """Find the file of weights in the project's folder or in Keras's.

    Returns:
        Path of Keras's file.

    Raises:
        UserError: Where it is in neither.
    """
    cache = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
    for path in (FOLDER / FILE, cache / FILE):
        if path.is_file():
            return path
    msg = f"`training.weights` is imagenet, but {FILE} (MD5 {MD5}) is not there: put it into {FOLDER} or {cache}; it is at {ADDRESS}."
    raise UserError(msg)


def read_resnet50(path: Path) -> Weights:
    """Read ResNet-50's weights.

    Args:
        path: Keras's HDF5 file, of `find_resnet50_file`.

    Returns:
        Weights of the layers of `build_resnet50` with 64 feature maps, for images of three channels.

    Raises:
        UserError: Where the file is not the one that was published.
    """
    if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != MD5:
        msg = f"{path} is not the file that Keras publishes: its MD5 is not {MD5}. Fetch it anew from {ADDRESS}."
        raise UserError(msg)
    with h5py.File(path) as file:
        names = {name: file[name].attrs["weight_names"] for name in file.attrs["layer_names"]}
        layers = {name: [np.asarray(file[name][weight]) for weight in weights] for name, weights in names.items() if len(weights)}
    return Weights(layers, channels=3, source="ResNet-50 trained on ImageNet", advice="Set `training.width` to 64.")
