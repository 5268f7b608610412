"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy.typing as npt
import pandas as pd

from tumourflow.errors import UserError
from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import build_network, choose_precision, convert_precision, precision_scope
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training.batches import make_batches, make_sampler
from tumourflow.training.checkpoints import BestWeights
from tumourflow.training.loader import Loader
from tumourflow.training.losses import LOSSES
from tumourflow.training.pace import Pace
from tumourflow.training.schedule import Clock, learning_rate
from tumourflow.training.validation import Validator, make_validator

Listener = Callable[[dict[str, float]], None]

CURVES = ["step", "progress", "minutes", "loss", "learning_rate", "validation_dice", "validation_loss", "images_per_second"]
"""Columns of the training curves."""

REPORT_SECONDS = 2.0


@dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        model: Network with the best weights, in float32 and not compiled, so that it loads and runs anywhere.
        curves: One row a validation, columns `CURVES`.
        summary: Table of the layers.
    """

    model: keras.Model
    curves: pd.DataFrame
    summary: str


def train_segmenter(
    images: npt.NDArray[Any],
    masks: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    *,
    augmentation: AugmentationOptions,
    options: TrainingOptions,
    seed: int,
    listener: Listener,
) -> Trained:
    """Train a network to tell tumour from the rest, pixel by pixel.

    With `options.steps` set, the same seed gives the same weights, byte for byte, on a CPU.

    Args:
        images: `(n, height, width, channels)`, any float dtype; may lie on disk and is read batch by batch.
        masks: `(n, height, width)`, 0 or 1; may lie on disk.
        index: Table with `patient`, `slice`, `split` and `tumour`; row number is position in the arrays. Rows with split `train`
            are trained on, rows with `validation` choose the best weights; no others are looked at.
        layout: The network's input channels.
        augmentation: What changes from image to image.
        options: Which network, how and for how long.
        seed: Seed of initial weights, order and augmentation.
        listener: Called with the columns of the curves and `minutes_left` after each validation, and every two seconds without the
            validation's.

    Returns:
        The network of the best validation, the curves and the layer table.

    Raises:
        UserError: Where no training slice or no validation patient has a tumour, or where the loss is no longer a number.
    """
    sampler = make_sampler(index, options.batch, options.tumour_share, seed)
    validator = make_validator(images, masks, index, layout, batch=2 * options.batch)
    make_batch = make_batches(images, masks, index, layout, augmentation=augmentation, sampler=sampler)
    model = build_for_training((*images.shape[1:3], layout.depth), options, seed)
    fit = _Fit(model, validator, options, listener)
    with Loader(make_batch) as batches:
        fit.run(batches)
    fit.best.restore(model)
    return Trained(convert_precision(model, "float32"), pd.DataFrame(fit.rows, columns=CURVES), _summarise(model))


def build_for_training(input_shape: tuple[int, int, int], options: TrainingOptions, seed: int) -> keras.Model:
    """Build the network in the precision that is fast here, with its loss and optimiser.

    AdamW (Loshchilov and Hutter 2019, doi:10.48550/arXiv.1711.05101) leaves biases and normalisation out of the weight decay.

    Args:
        input_shape: `(height, width, depth)`.
        options: Which network, loss, learning rate and weight decay.
        seed: Seed of the initial weights.

    Returns:
        Compiled model.
    """
    with precision_scope(choose_precision()):
        model = build_network(options.network, input_shape, options.width, options.depth, seed)
    optimizer = keras.optimizers.AdamW(options.learning_rate, weight_decay=options.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    # XLA's convolutions on a processor take three times as long as those of oneDNN; JAX has no others.
    jit = keras.backend.backend() != "tensorflow"
    model.compile(optimizer, loss=LOSSES[options.loss], jit_compile=jit)
    return model


def _summarise(model: keras.Model) -> str:
    bare = keras.Model(model.inputs, model.outputs, name=model.name)  # without the optimiser's state
    lines: list[str] = []
    bare.summary(line_length=110, print_fn=lines.append)
    return "\n".join(lines) + "\n"


@dataclass
class _Fit:
    model: keras.Model
    validator: Validator
    options: TrainingOptions
    listener: Listener
    rows: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = Clock(self.options.time_budget_minutes, self.options.steps)
        self.best = BestWeights(self.options.patience)
        self.pace = Pace()
        self.step = 0
        self.rate = 0.0
        self.next_validation = 0.0
        self.reported = 0.0

    def run(self, batches: Loader[Any]) -> None:
        """Train until steps or time are over or patience is."""
        self._train_on(next(batches))  # compiles
        self.clock.reserved_seconds = self.validator.estimate_seconds(self.model)
        self.next_validation = self.clock.validation_interval(self.options.validations)
        self.clock.start()
        self.pace.restart()
        while True:
            progress = self.clock.progress(self.step)
            if progress >= self.next_validation:
                self._validate(progress)
            if progress >= 1 or self.best.exhausted:
                return
            self._train_on(next(batches))
            self._report()

    def _train_on(self, batch: Any) -> None:
        progress = self.clock.progress(self.step + 0.5)
        self.rate = learning_rate(progress, self.options.learning_rate, self.options.warm_up)
        self.model.optimizer.learning_rate = self.rate
        self.model.reset_metrics()
        loss = float(self.model.train_on_batch(batch.images, batch.masks))
        self.step += 1
        self.pace.count(len(batch.images), loss)
        if not math.isfinite(loss):
            msg = f"The loss is {loss} at step {self.step}: lower `training.learning_rate` (now {self.options.learning_rate})."
            raise UserError(msg)

    def _validate(self, progress: float) -> None:
        started = time.perf_counter()
        row = self._event(progress)
        score = self.validator.score(self.model)
        self.best.offer(self.model, score.dice)
        row |= {"validation_dice": score.dice, "validation_loss": score.loss}
        self.rows.append({name: row[name] for name in CURVES})
        self.listener(row)
        self.clock.reserved_seconds = time.perf_counter() - started
        self._plan_validation()

    def _plan_validation(self) -> None:
        interval = self.clock.validation_interval(self.options.validations)
        done = math.floor(self.clock.progress(self.step) / interval + 1e-9)
        self.next_validation = min((done + 1) * interval, 1.0)
        self.pace.restart()

    def _report(self) -> None:
        if self.clock.elapsed - self.reported >= REPORT_SECONDS:
            self.reported = self.clock.elapsed
            self.listener(self._event(self.clock.progress(self.step)))

    def _event(self, progress: float) -> dict[str, float]:
        shared = {"step": self.step, "progress": progress, "minutes": self.clock.elapsed / 60, "learning_rate": self.rate}
        return shared | self.pace.read() | {"minutes_left": self.clock.minutes_left(self.step)}
