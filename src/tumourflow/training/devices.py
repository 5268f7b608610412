"""Several devices that share each batch, as if they were one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol

import keras
import numpy.typing as npt

from tumourflow.errors import UserError
from tumourflow.networks import has_gpu
from tumourflow.training.queued import QueuedLearner
from tumourflow.types import Float32


class Learner(Protocol):
    """What a compiled `keras.Model` can do with a batch."""

    def train_on_batch(self, images: Float32, masks: npt.NDArray[Any]) -> Any:
        """Change the weights by one step and give the loss of the batch before it, for which `float` may have to wait."""

    def predict_on_batch(self, images: Float32) -> Float32:
        """Give the logits of the images, in their order."""


def choose_devices(wanted: int | Literal["auto"], batch: int) -> list[str]:
    """Choose which devices train.

    Args:
        wanted: How many, or `auto`: as many GPUs as there are and a batch can be shared among evenly, or the processor.
        batch: Images a step.

    Returns:
        Names of the devices such as `gpu:0`, at least one.

    Raises:
        UserError: Where there are not as many, or where they cannot share a batch evenly.

    Example:
        >>> len(choose_devices(1, batch=16))
        1
    """
    there: list[str] = keras.distribution.list_devices()
    if wanted == "auto":
        number = max(number for number in range(1, len(there) + 1) if batch % number == 0) if has_gpu() else 1
        return there[:number]
    if wanted > len(there):
        msg = f"`training.devices` is {wanted}, but there are {len(there)} here ({', '.join(there)}): ask for no more, or for `auto`."
        raise UserError(msg)
    if batch % wanted:
        near = batch - batch % wanted or wanted
        msg = f"`training.batch` is {batch}, which {wanted} devices cannot share evenly: make it a multiple of {wanted}, such as {near}."
        raise UserError(msg)
    return there[:wanted]


@contextmanager
def device_scope(devices: list[str]) -> Iterator[Callable[[keras.Model], Learner]]:
    """Build and train within, so that each device holds the weights and computes its share of every batch.

    Among several, loss, batch normalisation and gradients are those of the whole batch, so that the same batches give the same loss
    curve on any number of devices, but for rounding; two cores of one processor normalise by halves (`LaneLearner`).

    Args:
        devices: Their names.

    Yields:
        Function from a compiled model that was built within the scope to what trains it.
    """
    if len(devices) == 1:
        yield QueuedLearner if has_gpu() else _processor_learner()
    elif keras.backend.backend() == "jax":
        distribution = keras.distribution.DataParallel(devices=devices)
        with distribution.scope():
            yield lambda model: ShardedLearner(model, distribution)
    else:
        # TensorFlow is not loaded under other backends.
        from tumourflow.training.mirrored import MirroredLearner, mirror

        strategy = mirror(*devices)
        with strategy.scope():
            yield lambda model: MirroredLearner(model, strategy)


def _processor_learner() -> Callable[[keras.Model], Learner]:
    if keras.backend.backend() != "tensorflow":
        return lambda model: model
    # TensorFlow is not loaded under other backends.
    from tumourflow.training.lanes import LaneLearner

    return LaneLearner


class ShardedLearner:
    """Trains on JAX, whose compiler divides a step among the devices that hold the batch.

    Attributes:
        model: Compiled model, built within the distribution's scope.
        distribution: Tells how a batch lies on the devices.
    """

    def __init__(self, model: keras.Model, distribution: keras.distribution.DataParallel) -> None:
        self.model = model
        self.distribution = distribution

    def train_on_batch(self, images: Float32, masks: npt.NDArray[Any]) -> float:
        """Change the weights by one step and give the loss of the batch before it; Keras divides the batch itself."""
        return float(self.model.train_on_batch(images, masks))

    def predict_on_batch(self, images: Float32) -> Float32:
        """Give the logits of the images, in their order; their number must be a multiple of that of the devices."""
        layout = self.distribution.get_data_layout(images.shape)
        logits: Float32 = self.model.predict_on_batch(keras.distribution.distribute_tensor(images, layout))
        return logits
