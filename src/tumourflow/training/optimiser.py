"""The optimiser, which can hold back a part of the network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras

UNDECAYED = ("bias", "gamma", "beta")
"""Weights that are not pulled towards zero: biases and those of the normalisation."""


@keras.saving.register_keras_serializable(package="tumourflow")
class PartedAdamW(keras.optimizers.AdamW):  # type: ignore[misc]  # Keras has no types
    """AdamW whose steps are smaller for some weights.

    Adam's step does not depend on the gradient's size, so that a smaller rate cannot be had by scaling gradients. On TensorFlow a step
    is one fused kernel a variable, which passes over weights and moments once; Keras's dozen operations give the same.

    Attributes:
        held_rate: What the learning rate of the weights that are held back is multiplied by; at 0 they stay as they are.

    Reference:
        Loshchilov and Hutter 2019, doi:10.48550/arXiv.1711.05101; smaller rates for pretrained layers: Howard and Ruder 2018,
        doi:10.18653/v1/P18-1031.
    """

    def __init__(self, learning_rate: float, weight_decay: float, held_back: Iterable[keras.Variable] = ()) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        held_back = list(held_back)
        # What an earlier training found is not pulled towards zero either.
        self.exclude_from_weight_decay(var_list=held_back, var_names=list(UNDECAYED))
        self._held_back = {variable.path for variable in held_back}
        self._held_places: set[int] = set()
        self.held_rate = keras.Variable(1.0, dtype="float32", trainable=False, name="held_rate")
        # JAX would take a variable that the optimiser does not know for a constant.
        self._track_variable(self.held_rate)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make room for the moments of the variables that will be changed."""
        super().build(variables)
        # A step knows a variable by its place only: backends hand over their own in place of Keras's.
        self._held_places = {place for place, variable in enumerate(variables) if variable.path in self._held_back}

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable."""
        place = self._get_variable_index(variable)
        rate = learning_rate * self.held_rate if place in self._held_places else learning_rate
        if _has_kernel():
            self._run_kernel(gradient, variable, place, rate)
        else:
            super().update_step(gradient, variable, rate)

    def _run_kernel(self, gradient: Any, variable: Any, place: int, rate: Any) -> None:
        import tensorflow as tf

        step = tf.cast(self.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[place]),
            v=_handle(self._velocities[place]),
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def _has_kernel() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    # Variables that several devices mirror have a handle on each.
    return not tf.distribute.has_strategy()


def _handle(variable: Any) -> Any:
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
