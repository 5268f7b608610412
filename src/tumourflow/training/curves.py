"""Columns of the training curves, and who is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from tumourflow.training.validation import MEASURES

Listener: TypeAlias = Callable[[dict[str, float]], None]
"""Is called with the figures of a training while it goes on."""


def curve_columns(measures: Iterable[str]) -> list[str]:
    """Name the columns of the training curves of a task.

    Args:
        measures: Names of what its validator measures.

    Returns:
        Those of the training with those of the validation among them.
    """
    return ["step", "progress", "minutes", "loss", "learning_rate", *measures, "images_per_second"]


CURVES = curve_columns(MEASURES)
"""Columns of the training curves of a segmentation."""


def continue_steps(listener: Listener, done: int) -> Listener:
    """Let a listener follow one training after the other: curves go on where the last ones ended, instead of lying on top of them.

    Args:
        listener: Follows all trainings.
        done: Steps of those before.
    """
    return lambda event: listener(event | {"step": event["step"] + done})
