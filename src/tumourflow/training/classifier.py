"""Training from prepared images with classes to a classifier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import build_classifier, choose_precision, precision_scope
from tumourflow.options import AugmentationOptions, ClassificationOptions, TrainingOptions
from tumourflow.options.classification import OF_MASKS
from tumourflow.training.assemble import begin
from tumourflow.training.class_validation import make_class_validator
from tumourflow.training.classes import make_class_batches, make_class_sampler
from tumourflow.training.curves import Listener
from tumourflow.training.fit import fit
from tumourflow.training.losses import class_cross_entropy
from tumourflow.training.state import Store
from tumourflow.training.task import Task
from tumourflow.training.trained import Trained

SMALLEST = 32
"""Sides of the images below which they are not halved."""


def train_classifier(
    images: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    classes: int,
    *,
    augmentation: AugmentationOptions,
    classification: ClassificationOptions,
    options: TrainingOptions,
    seed: int,
    listener: Listener,
    checkpoint: Store | None = None,
) -> Trained:
    """Train a network to tell classes of images apart.

    It is the training of `train_segmenter`, with other batches, another loss and another measure.

    Args:
        images: `(n, height, width, channels)`, any float dtype; may lie on disk and is read batch by batch.
        index: Table with `case_id`, `patient`, `slice`, `split` and `class` (counted from 0, -1 where an image has none); row number is
            position in `images`. Rows with split `train` are trained on, rows with `validation` choose the best weights; those of other
            splits are not looked at, those without a class only as neighbours. Where all rows are trained on, the last weights stay.
        layout: The network's input channels.
        classes: Number of classes.
        augmentation: What changes from image to image.
        classification: Which network, how classes are balanced, and how sure it should be.
        options: How and for how long; its network, depth, loss and share of tumours play no part.
        seed: Seed of initial weights, order, augmentation and dropout.
        listener: See `train_segmenter`.
        checkpoint: See `train_segmenter`.

    Returns:
        The network of the best validation by AUROC, from `(batch, height, width, depth)` to logits `(batch, classes)`, the curves, the
        layer table and the record, whose `options` have a group `classification`.

    Raises:
        UserError: Where there are fewer devices than asked for, where the loss is no longer a number, or where there is nothing to resume.
    """
    sampler = make_class_sampler(index, classification, options.batch, seed)
    height, width = images.shape[1:3]

    def build() -> keras.Model:
        with precision_scope(choose_precision(options.precision)):
            # Of any size, since the training begins with smaller images.
            model = build_classifier(classification.network, (None, None, layout.depth), classes, options.width, seed)
        begin(model, class_cross_entropy, options)
        return model

    halves = height % SMALLEST == 0 and width % SMALLEST == 0
    task = Task(
        classification.network,
        index,
        layout,
        (height, width),
        options.coarse if halves else 0.0,
        sampler.rows,
        make_class_batches(images, index, layout, classes, augmentation=augmentation, options=classification, sampler=sampler),
        make_class_validator(images, index, layout, batch=2 * options.batch),
        build,
    )
    trained = fit(task, options=options, seed=seed, listener=listener, checkpoint=checkpoint)
    return replace(trained, record=trained.record | {"options": describe_options(options, classification)})


def describe_options(options: TrainingOptions, classification: ClassificationOptions) -> dict[str, Any]:
    """Give what decides about a classifier's weights, in values that JSON knows."""
    described = {name: value for name, value in options.describe().items() if name not in OF_MASKS}
    return described | {"classification": classification.model_dump(mode="json")}
