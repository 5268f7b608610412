"""Training from prepared slices to a network."""

from __future__ import annotations

import logging
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.layout import InputLayout
from tumourflow.measures.intervals import as_json
from tumourflow.networks import (
    build_network,
    choose_precision,
    encoder_layers,
    has_gpu,
    load_weights,
    make_portable,
    network_stride,
    precision_scope,
)
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training.batches import Batch, make_batches, make_sampler
from tumourflow.training.devices import choose_devices, device_scope
from tumourflow.training.loader import Loader
from tumourflow.training.loop import CURVES, Listener, Loop
from tumourflow.training.losses import LOSSES
from tumourflow.training.optimiser import PartedAdamW
from tumourflow.training.queued import AHEAD, send_ahead
from tumourflow.training.state import Keeper, Store, fingerprint_index
from tumourflow.training.validation import make_validator

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        model: Network with the best weights, in float32, of Keras's own layers and not compiled, so that it loads and runs anywhere.
        curves: One row a validation, columns `CURVES`.
        summary: Table of the layers.
        record: What made the network and what came out, in values that JSON knows: `options, seed, precision, backend, devices,
            parameters, steps, best_step, validation_dice` (null where nobody validated).
    """

    model: keras.Model
    curves: pd.DataFrame
    summary: str
    record: dict[str, Any]


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
    checkpoint: Store | None = None,
) -> Trained:
    """Train a network to tell tumour from the rest, pixel by pixel.

    With `options.steps` set, the same seed gives the same weights, byte for byte, on a CPU.

    Args:
        images: `(n, height, width, channels)`, any float dtype; may lie on disk and is read batch by batch.
        masks: `(n, height, width)`, 0 or 1; may lie on disk.
        index: Table with `patient`, `slice`, `split` and `tumour`, and `labelled` where slices may lack a mask; row number is position
            in the arrays. Rows with split `train` are trained on, rows with `validation` choose the best weights; those of other
            splits are not looked at, those without a mask only as neighbours. Where all rows are trained on, the last weights stay.
        layout: The network's input channels.
        augmentation: What changes from image to image.
        options: Which network, how and for how long.
        seed: Seed of initial weights, order and augmentation.
        listener: Called with the columns of the curves and `minutes_left` after each validation, and every two seconds without the
            validation's.
        checkpoint: Keeps the state of the training after each validation; with `options.resume` the training goes on from there.

    Returns:
        The network of the best validation, the curves, the layer table and the record.

    Raises:
        UserError: Where no training slice or no validation patient has a tumour, where there are fewer devices than asked for, where the
            loss is no longer a number, or where there is nothing to resume.
    """
    devices = choose_devices(options.devices, options.batch)
    sampler = make_sampler(index, options.batch, options.tumour_share, seed)
    validator = make_validator(images, masks, index, layout, batch=2 * options.batch, loss=options.loss)
    make_batch = make_batches(images, masks, index, layout, augmentation=augmentation, sampler=sampler)
    keeper = Keeper(checkpoint, fingerprint_index(index)) if checkpoint else None
    with device_scope(devices) as learner_of:
        # Of any size, since the training begins with smaller images.
        model = build_for_training((None, None, layout.depth), options, seed)
        loop = Loop(
            model,
            learner_of(model),
            validator,
            options,
            listener,
            cases_of=lambda number: index["case_id"].iloc[np.unique(sampler.rows(number))].tolist(),
            coarse=coarse_share(images.shape[1], images.shape[2], options),
            ahead=AHEAD if has_gpu() else 1,
            keeper=keeper,
        )
        if keeper and options.resume:
            loop.resume(keeper)
        logger.info("Training `%s` of %s parameters in %s on %s.", options.network, f"{model.count_params():,}", *_place(devices))
        # Loading is spread over threads of our own; OpenCV's would only get in the network's way.
        cv2.setNumThreads(1)
        with Loader(make_batch, threads=loader_threads(), first=loop.step) as batches, _at_hand(batches, devices) as ready:
            loop.run(ready)
        loop.best.restore(model)
    portable = make_portable(model, (images.shape[1], images.shape[2], layout.depth))
    return Trained(portable, pd.DataFrame(loop.rows, columns=CURVES), summarise_layers(portable), _record(portable, loop, seed, devices))


def coarse_share(height: int, width: int, options: TrainingOptions) -> float:
    """Tell how much of the training sees images of half the size.

    Args:
        height: Rows of an image.
        width: Columns of an image.
        options: Which network, and `coarse`.

    Returns:
        `options.coarse`, or 0 where half of a side is no side of the network's.

    Example:
        >>> coarse_share(128, 128, TrainingOptions(depth=4)), coarse_share(48, 48, TrainingOptions(depth=4))
        (0.25, 0.0)
    """
    stride = 2 * network_stride(options.network, options.depth, options.output_stride)
    return 0.0 if height % stride or width % stride else options.coarse


def build_for_training(input_shape: tuple[int | None, int | None, int], options: TrainingOptions, seed: int) -> keras.Model:
    """Build the network in the precision that is fast here, with the weights it begins with, its loss and its optimiser.

    Args:
        input_shape: `(height, width, depth)`; no height and width for images of any size.
        options: Which network, weights, loss, learning rate and weight decay.
        seed: Seed of the initial weights.

    Returns:
        Compiled model.

    Raises:
        UserError: Where there are no such weights, or where they do not fit.
    """
    with precision_scope(choose_precision()):
        model = build_network(options.network, input_shape, options.width, options.depth, seed, options.output_stride)
    load_weights(model, options.weights)
    held_back = [variable for layer in encoder_layers(model) for variable in layer.trainable_variables] if options.pretrained else []
    optimizer = PartedAdamW(options.learning_rate, options.weight_decay, held_back)
    # XLA's convolutions on a processor take three times as long as those of oneDNN; JAX has no others.
    jit = keras.backend.backend() != "tensorflow"
    model.compile(optimizer, loss=LOSSES[options.loss], jit_compile=jit)
    return model


def loader_threads() -> int:
    """Choose how many threads make batches.

    Returns:
        1 where the processor itself trains, as more would only take its time; beside a GPU all cores but one.
    """
    return max(1, count_cores() - 1) if has_gpu() else 1


def count_cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _at_hand(batches: Loader[Batch], devices: list[str]) -> AbstractContextManager[Loader[Batch]]:
    # Several devices divide a batch among them first.
    return send_ahead(batches) if has_gpu() and len(devices) == 1 else nullcontext(batches)


def _place(devices: list[str]) -> tuple[str, str]:
    place = "a GPU" if has_gpu() else f"{count_cores()} processor cores (no GPU)"
    if len(devices) > 1:
        place = f"{len(devices)} devices ({', '.join(devices)})"
    return choose_precision().removeprefix("mixed_"), place


def _record(model: keras.Model, loop: Loop, seed: int, devices: list[str]) -> dict[str, Any]:
    return {
        "options": loop.options.describe(),
        "seed": seed,
        "precision": choose_precision(),
        "backend": keras.backend.backend(),
        "devices": len(devices),
        "parameters": model.count_params(),
        "steps": loop.step,
        "best_step": loop.best_step or loop.step,
        "validation_dice": as_json(loop.best.score),
    }


def summarise_layers(model: keras.Model) -> str:
    """Make the table of a network's layers, as text."""
    lines: list[str] = []
    model.summary(line_length=110, print_fn=lines.append)
    return "\n".join(lines) + "\n"
