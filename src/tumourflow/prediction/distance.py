"""How far an image's features are from those that a classifier was taught with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from tumourflow.types import Float32

BATCH = 32
MOST_MAPS = 256
"""Blocks of more feature maps have no part in the distance: their covariance would be larger than the network."""
_SMALLEST_SPREAD = 0.01


@dataclass(frozen=True)
class Gaussians:
    """A normal distribution for each class; all have one covariance.

    Attributes:
        means: `(classes, features)`.
        root: `(features, features)`: multiplied by it, the features of a class are uncorrelated and have variance 1.
    """

    means: npt.NDArray[np.float64]
    root: npt.NDArray[np.float64]


def fit_gaussians(features: Float32, classes: npt.NDArray[np.int64]) -> Gaussians:
    """Fit a mean for each class and a covariance for all, shrunk towards that of independent features.

    Args:
        features: `(n, features)`.
        classes: Number of each image's class, `(n,)`; every class has an image.

    Returns:
        The distributions.

    Reference:
        Lee et al. 2018, doi:10.48550/arXiv.1807.03888; shrinkage: Ledoit and Wolf 2004, doi:10.1016/S0047-259X(03)00096-4.
    """
    from sklearn.covariance import LedoitWolf

    values = np.asarray(features, np.float64)
    means = np.stack([values[np.asarray(classes == number)].mean(axis=0) for number in range(int(classes.max()) + 1)])
    rest = values - means[classes]
    spread = rest.std(axis=0)
    # A feature that hardly varies must not rule the distance.
    smallest = _SMALLEST_SPREAD * float(spread.mean()) + float(np.finfo(np.float32).tiny)
    scale = np.maximum(spread, smallest)
    precision = LedoitWolf(assume_centered=True).fit(rest / scale).precision_
    return Gaussians(means, np.linalg.cholesky(precision) / scale[:, None])


def find_features(classifier: keras.Model) -> Any:
    """Find the features that tell whether an image is like those which were taught: the mean of every feature map behind each block.

    What the last layer sees tells classes apart and little else: whatever is as smooth and bright on black as a head is near to one there.
    Earlier blocks see how fine and how noisy an image is (Lee 2018 sums the distances of all layers; here they are one).

    Args:
        classifier: Blocks end in layers whose names end in `_out`; where there are none, or they have more than 256 maps each, what the
            last layer, called `logits`, sees.

    Returns:
        Tensor of the model, `(batch, features)` float32.

    Reference:
        Lee et al. 2018, doi:10.48550/arXiv.1807.03888.
    """
    blocks = [layer.output for layer in classifier.layers if layer.name.endswith("_out") and layer.output.shape[-1] <= MOST_MAPS]
    if not blocks:
        return ops.cast(classifier.get_layer("logits").input, "float32")
    return ops.concatenate([ops.mean(ops.cast(block, "float32"), axis=(1, 2)) for block in blocks], axis=-1)


def take_features(classifier: keras.Model, images: npt.NDArray[Any], rows: npt.NDArray[np.int64]) -> Float32:
    """Compute what a classifier makes of images, from the finest structures to the coarsest; see `find_features`.

    Args:
        classifier: Not changed.
        images: Prepared images `(n, height, width, channels)`, possibly on disk.
        rows: Which of them.

    Returns:
        `(len(rows), features)`.
    """
    model = keras.Model(classifier.inputs[0], find_features(classifier))
    return np.concatenate([features[:size] for features, size in _forward(model, images, rows)])


def add_distance(classifier: keras.Model, gaussians: Gaussians) -> keras.Model:
    """Let a classifier also tell the Mahalanobis distance of its features to the nearest class.

    Args:
        classifier: From `(batch, height, width, channels)` to logits `(batch, classes)`; its last layer is called `logits`.
        gaussians: What its features are like.

    Returns:
        Model with the outputs `logits` and `distance`, `(batch,)`, at least 0, in standard deviations.
    """
    features = find_features(classifier)
    squares = []
    for number, mean in enumerate(gaussians.means):
        whiten = keras.layers.Dense(len(mean), trainable=False, dtype="float32", name=f"whiten_{number}")
        squares.append(ops.sum(ops.square(whiten(features)), axis=-1))
        whiten.set_weights([gaussians.root.astype(np.float32), (-mean @ gaussians.root).astype(np.float32)])
    distance = ops.sqrt(ops.min(ops.stack(squares, axis=-1), axis=-1))
    return keras.Model(classifier.inputs[0], {"logits": classifier.outputs[0], "distance": distance}, name="router")


def route(router: keras.Model, images: npt.NDArray[Any], rows: npt.NDArray[np.int64], upside_down: bool = False) -> tuple[Float32, Float32]:
    """Ask a router.

    Args:
        router: What `add_distance` gave.
        images: Prepared images `(n, height, width, channels)`, possibly on disk.
        rows: Which of them.
        upside_down: Whether they are turned over first.

    Returns:
        Logits `(len(rows), classes)` and distances `(len(rows),)`.
    """
    batches = list(_forward(router, images, rows, upside_down))
    logits, distance = (np.concatenate([outputs[name][:size] for outputs, size in batches]) for name in ("logits", "distance"))
    return logits, distance


def _forward(
    model: keras.Model, images: npt.NDArray[Any], rows: npt.NDArray[np.int64], upside_down: bool = False
) -> Iterator[tuple[Any, int]]:
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        # Filled up to a full batch, since one of another size would be compiled for itself.
        inputs = np.asarray(images[np.resize(some, BATCH)], np.float32)
        yield model.predict_on_batch(np.ascontiguousarray(inputs[:, ::-1]) if upside_down else inputs), len(some)
