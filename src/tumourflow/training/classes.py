"""Batches of images with classes, each class as often as it should come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.augmentation import augment
from tumourflow.imaging.layout import InputLayout, neighbour_rows, stack_context
from tumourflow.options import AugmentationOptions, ClassificationOptions
from tumourflow.training.batches import AUGMENTATION, CLASS_ORDER, ClassBatch, Rows, deal
from tumourflow.types import Float32

CLASS = "class"
"""Column of an index that tells the class of each image, counted from 0; -1 where it has none."""


@dataclass(frozen=True)
class ClassSampler:
    """Chooses the images of each batch as a pure function of the batch's number.

    Images are drawn from the decks in turn, so that each gives as many; no image of a deck comes twice before all came once.

    Attributes:
        decks: Rows of each deck, none empty.
        batch: Rows a batch.
        seed: Seed of the order.
    """

    decks: tuple[Rows, ...]
    batch: int
    seed: int

    def rows(self, number: int) -> Rows:
        """Choose the rows of one batch.

        Args:
            number: Which batch, counted from 0.

        Returns:
            Rows, shape `(batch,)`, deck by deck.
        """
        places, several = np.arange(number * self.batch, (number + 1) * self.batch), len(self.decks)
        dealt = [
            deal(deck, [self.seed, CLASS_ORDER + turn], (places[places % several == turn] // several).tolist())
            for turn, deck in enumerate(self.decks)
        ]
        return np.concatenate(dealt)


def make_class_sampler(index: pd.DataFrame, options: ClassificationOptions, batch: int, seed: int) -> ClassSampler:
    """Sort the training images into decks: one a class where classes are balanced by sampling, else one of all.

    Args:
        index: Table with `split` and `class`; row number is position in the arrays.
        options: How classes are balanced.
        batch: Images a batch.
        seed: Seed of the order.

    Returns:
        The sampler; images without a class are in no deck.
    """
    train = np.flatnonzero((index["split"] == "train") & (index[CLASS] >= 0))
    classes = index[CLASS].to_numpy()[train]
    decks = [train[classes == each] for each in np.unique(classes)] if options.balance == "sampling" else [train]
    return ClassSampler(tuple(decks), batch, seed)


def weigh_classes(counts: Sequence[int], options: ClassificationOptions) -> Float32:
    """Give the weight of an image of each class in the loss.

    Args:
        counts: Training images of each class, at least 1.
        options: How classes are balanced.

    Returns:
        Weights whose mean over the training images is 1; all 1 unless classes are balanced by weights.

    Example:
        >>> weigh_classes([30, 10], ClassificationOptions(balance="weights")).astype(float).round(3).tolist()
        [0.667, 2.0]
    """
    numbers = np.array(counts, np.float32)
    return numbers.sum() / (len(numbers) * numbers) if options.balance == "weights" else np.ones_like(numbers)


def smooth_classes(classes: npt.NDArray[np.integer[Any]], number: int, smoothing: float) -> Float32:
    """Turn classes into the probabilities that a network should give.

    Args:
        classes: Class of each image, counted from 0.
        number: Number of classes.
        smoothing: Share of certainty that is given to all classes alike.

    Returns:
        Shape `(len(classes), number)`; rows add up to 1.

    Example:
        >>> smooth_classes(np.array([1]), 2, 0.1).astype(float).round(2).tolist()
        [[0.05, 0.95]]

    Reference:
        Szegedy et al. 2016, doi:10.1109/CVPR.2016.308.
    """
    sure = np.eye(number, dtype=np.float32)[classes]
    return np.asarray((1 - smoothing) * sure + smoothing / number, np.float32)


def make_class_batches(
    images: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    classes: int,
    *,
    augmentation: AugmentationOptions,
    options: ClassificationOptions,
    sampler: ClassSampler,
) -> Callable[[int], ClassBatch]:
    """Prepare the function that makes the batch of a given number.

    Args:
        images: `(n, height, width, channels)`, may lie on disk; read at the wanted rows only.
        index: Table with `patient`, `split` and `class`; rows of a patient contiguous and in order.
        layout: The network's input channels.
        classes: Number of classes.
        augmentation: What changes from image to image.
        options: How classes are balanced, and how sure the network should be.
        sampler: Which images; its seed also sets the augmentation.

    Returns:
        Function of the batch's number, counted from 0; its result depends on nothing else, and threads may call it at once.
    """
    neighbours, of_row = neighbour_rows(index, layout.context), index[CLASS].to_numpy()
    weights = weigh_classes(np.bincount(of_row[np.concatenate(sampler.decks)], minlength=classes).tolist(), options)
    nothing = np.zeros(images.shape[1:3], np.uint8)

    def make_batch(number: int) -> ClassBatch:
        rng = np.random.default_rng([sampler.seed, AUGMENTATION, number])
        rows = sampler.rows(number)
        stacked = stack_context(images, rows, neighbours, layout)
        changed = [augment(image, nothing, augmentation, layout, rng)[0] for image in stacked]
        wanted = smooth_classes(of_row[rows], classes, options.label_smoothing) * weights[of_row[rows], None]
        return ClassBatch(np.stack(changed), wanted)

    return make_batch
