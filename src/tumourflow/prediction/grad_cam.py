"""Where in an image a classifier looked."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from tumourflow.types import Float32


class ActivationMapper:
    """Gives class-activation maps of a classifier that pools its last feature maps.

    The map of a class is the sum of the last feature maps, each weighted by the mean slope of the class's logit along it, where that
    is positive (Grad-CAM). Of a mean of several networks it is the mean of their maps.

    Attributes:
        model: Network from `(batch, height, width, depth)` to logits `(batch, classes)`; not changed.

    Raises:
        ValueError: Where the network pools nothing.

    Reference:
        Selvaraju et al. 2017, doi:10.1109/ICCV.2017.74.
    """

    def __init__(self, model: keras.Model) -> None:
        features = [layer.input for layer in model.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D)]
        if not features:
            msg = f"`model` must pool its feature maps globally. Received: {model.name}."
            raise ValueError(msg)
        self.model = model
        self._body = keras.Model(model.inputs, features)
        self._head = keras.Model(features, model.outputs[0])

    def map_class(self, image: Float32, number: int) -> Float32:
        """Map what speaks for a class.

        Args:
            image: `(height, width, depth)`.
            number: Number of the class.

        Returns:
            `(rows, columns)` of the feature maps, 0..1; the strongest point is 1, and all is 0 where nothing speaks for the class.
        """
        features = self._body([keras.ops.convert_to_tensor(image[None])])
        features = features if isinstance(features, list) else [features]
        slopes = _differentiate(self._head, features, number)
        maps = [_weigh(_numbers(each)[0], slope[0]) for each, slope in zip(features, slopes, strict=True)]
        return np.asarray(np.mean(maps, axis=0), np.float32)


def _weigh(features: npt.NDArray[Any], slopes: npt.NDArray[Any]) -> Float32:
    found = np.maximum((features * slopes.mean(axis=(0, 1))).sum(axis=-1), 0)
    return np.asarray(found / found.max() if found.max() > 0 else found, np.float32)


def _differentiate(head: keras.Model, features: list[Any], number: int) -> list[npt.NDArray[Any]]:
    if keras.backend.backend() == "jax":
        import jax

        slopes = jax.grad(lambda those: head(those)[0, number])(features)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(features)
            logit = head(features)[0, number]
        slopes = tape.gradient(logit, features)
    return [_numbers(slope) for slope in slopes]


def _numbers(tensor: Any) -> npt.NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float32)
