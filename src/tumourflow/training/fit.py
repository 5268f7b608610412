"""Training from prepared slices to a network: what all tasks share, and segmentation."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import has_gpu, make_portable
from tumourflow.options import AugmentationOptions, TrainingOptions
from tumourflow.training.assemble import build_for_training, coarse_share, require_sides
from tumourflow.training.batches import AnyBatch, make_batches, make_sampler
from tumourflow.training.curves import Listener, curve_columns
from tumourflow.training.devices import choose_devices, device_scope
from tumourflow.training.loader import Loader
from tumourflow.training.loop import Loop
from tumourflow.training.machine import describe_arithmetic, describe_place, doubt_repetition, loader_threads
from tumourflow.training.queued import AHEAD, send_ahead
from tumourflow.training.state import Keeper, Store, fingerprint_index
from tumourflow.training.task import Task
from tumourflow.training.trained import Trained, record_training, summarise_layers
from tumourflow.training.validation import make_validator

logger = logging.getLogger(__name__)


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
        checkpoint: Keeps the state of the training at its start and after each validation; with `options.resume` it goes on from there.

    Returns:
        The network of the best validation, the curves, the layer table and the record.

    Raises:
        UserError: Where the network cannot see images of this size, where no training slice or no validation patient has a tumour, where
            there are fewer devices than asked for, where the loss or a weight is no longer a number, where the time budget leaves none
            for a step, or where there is nothing to resume.
    """
    height, width = images.shape[1:3]
    require_sides(height, width, options)
    sampler = make_sampler(index, options.batch, options.tumour_share, seed)
    task = Task(
        options.network,
        index,
        layout,
        (height, width),
        coarse_share(height, width, options),
        sampler.rows,
        make_batches(images, masks, index, layout, augmentation=augmentation, sampler=sampler),
        make_validator(images, masks, index, layout, batch=2 * options.batch, loss=options.loss),
        # Of any size, since the training begins with smaller images.
        lambda: build_for_training((None, None, layout.depth), options, seed),
    )
    return fit(task, options=options, seed=seed, listener=listener, checkpoint=checkpoint)


def fit(task: Task, *, options: TrainingOptions, seed: int, listener: Listener, checkpoint: Store | None = None) -> Trained:
    """Train the network of a task.

    Args:
        task: What is trained, on what, and by what it is judged.
        options: How and for how long.
        seed: Seed of the training, for its record; the task has it already.
        listener: See `train_segmenter`.
        checkpoint: See `train_segmenter`.

    Returns:
        The network of the best validation, the curves, the layer table and the record.

    Raises:
        UserError: Where there are fewer devices than asked for, where the loss is no longer a number, or where there is nothing to resume.
    """
    devices = choose_devices(options.devices, options.batch)
    keeper = Keeper(checkpoint, fingerprint_index(task.index)) if checkpoint else None
    with device_scope(devices) as learner_of:
        model = task.build()
        loop = Loop(
            model,
            learner_of(model),
            task.validator,
            options,
            listener,
            cases_of=lambda number: task.index["case_id"].iloc[np.unique(task.rows(number))].tolist(),
            coarse=task.coarse,
            ahead=AHEAD if has_gpu() else 1,
            keeper=keeper,
            arithmetic=describe_arithmetic(options, devices),
        )
        if keeper and options.resume:
            loop.resume(keeper)
        place = describe_place(options, devices)
        logger.info("Training `%s` of %s parameters in %s on %s.", task.network, f"{model.count_params():,}", *place)
        if doubt := doubt_repetition(options, devices, loop.stretches):
            logger.info("The same seed will not give the same weights to the last digit once more: %s.", doubt)
        # Loading is spread over threads of our own; OpenCV's would only get in the network's way.
        cv2.setNumThreads(1)
        with Loader(task.make_batch, threads=loader_threads(), first=loop.step) as batches, _at_hand(batches, devices) as ready:
            loop.run(ready)
        loop.best.restore(model)
    portable = make_portable(model, (*task.sides, task.layout.depth))
    curves = pd.DataFrame(loop.rows, columns=curve_columns(task.validator.measures))
    curves["kept"] = curves["step"] == (loop.best_step or loop.step)
    return Trained(portable, curves, summarise_layers(portable), record_training(portable, loop, seed, devices))


def _at_hand(batches: Loader[AnyBatch], devices: list[str]) -> AbstractContextManager[Loader[AnyBatch]]:
    # Several devices divide a batch among them first.
    return send_ahead(batches) if has_gpu() and len(devices) == 1 else nullcontext(batches)
