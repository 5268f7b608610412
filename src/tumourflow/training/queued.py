"""Batches and steps that lie ready on a GPU, so that it never waits for Python."""

from __future__ import annotations

from typing import Any

import keras

from tumourflow.training.loader import Loader

AHEAD = 16
"""Steps that may be under way before their losses are looked at."""


class QueuedLearner:
    """Takes the step of `keras.Model.train_on_batch` without waiting for its loss.

    Weights, moments and losses are those of `train_on_batch`; only that method reads each loss before it returns, so that a GPU would
    have nothing to do until Python comes with the next step.

    Attributes:
        model: Compiled model; its variables are those after the last step, which may still be under way.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._take = _jax_step(model) if keras.backend.backend() == "jax" else _tensorflow_step(model)

    def train_on_batch(self, images: Any, masks: Any) -> Any:
        """Begin to change the weights by one step and give the loss of the batch before it, for which `float` waits."""
        return self._take(images, masks)

    def predict_on_batch(self, images: Any) -> Any:
        """Give the logits of the images, in their order."""
        return self.model.predict_on_batch(images)


def send_ahead(batches: Loader[Any], ahead: int = 2) -> Loader[Any]:
    """Copy batches to the device in a thread of their own.

    Args:
        batches: Named tuples of NumPy arrays, inside its `with` block.
        ahead: Number of batches that lie ready.

    Returns:
        The same batches as tensors of the backend, in the same order.
    """

    def send(_: int) -> Any:
        batch = next(batches)
        return type(batch)(*(keras.ops.convert_to_tensor(part) for part in batch))

    return Loader(send, ahead=ahead)


def _tensorflow_step(model: keras.Model) -> Any:
    sides: tuple[int, ...] = ()

    def take(images: Any, masks: Any) -> Any:
        nonlocal sides
        if sides != tuple(images.shape[1:3]):
            # Keras would go on with a graph for any size.
            model.make_train_function(force=True)
            sides = tuple(images.shape[1:3])
        model.reset_metrics()
        return model.train_function(iter([(images, masks)]))["loss"]

    return take


def _jax_step(model: keras.Model) -> Any:
    import jax

    model.optimizer.build(model.trainable_variables)
    variables = [model.trainable_variables, model.non_trainable_variables, model.optimizer.variables]
    unused = [variable.value for variable in model.metrics_variables]

    def step(state: list[list[Any]], images: Any, masks: Any) -> Any:
        logs, (*after, _) = model.train_step((*state, unused), (images, masks))
        return logs["loss"], after

    compiled = jax.jit(step, donate_argnums=0)

    def take(images: Any, masks: Any) -> Any:
        loss, after = compiled([[variable.value for variable in group] for group in variables], images, masks)
        for group, values in zip(variables, after, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return loss

    return take
