"""What a training leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import pandas as pd

from tumourflow.measures.intervals import as_json
from tumourflow.training.loop import Loop
from tumourflow.training.machine import doubt_repetition


@dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        model: Network with the best weights, in float32, of Keras's own layers and not compiled, so that it loads and runs anywhere.
        curves: One row a validation, columns `curve_columns`, and `kept`, which tells whether the network has the weights of that step.
        summary: Table of the layers.
        record: What made the network and what came out, in values that JSON knows: `options, seed, precision, backend, devices,
            lanes` (parts of a batch, each of which has its own averages of normalisation)`, repeatable` (whether the same seed gives the
            same weights there once more)`, parameters, steps, best_step`, and the measure of the validation that the weights were chosen
            by, such as `validation_dice` (null where nobody validated). `stretches` are there where it was resumed at another learning rate
            or by other arithmetic: each with these, in their order.
    """

    model: keras.Model
    curves: pd.DataFrame
    summary: str
    record: dict[str, Any]


def record_training(model: keras.Model, loop: Loop, seed: int, devices: list[str]) -> dict[str, Any]:
    """Make the record of a training, as `Trained` has it."""
    return {
        "options": loop.options.describe(),
        "seed": seed,
        **loop.arithmetic,
        "repeatable": not doubt_repetition(loop.options, devices, loop.stretches),
        **({"stretches": loop.stretches} if len(loop.stretches) > 1 else {}),
        "parameters": model.count_params(),
        "steps": loop.step,
        "best_step": loop.best_step or loop.step,
        loop.validator.measures[0]: as_json(loop.best.score),
    }


def summarise_layers(model: keras.Model) -> str:
    """Make the table of a network's layers, as text."""
    lines: list[str] = []
    model.summary(line_length=110, print_fn=lines.append)
    return "\n".join(lines) + "\n"
