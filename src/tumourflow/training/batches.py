"""Endless training batches, gathered from arrays on disk and augmented."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import ops

from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import augment
from tumourflow.imaging.layout import InputLayout, neighbour_rows, stack_context
from tumourflow.imaging.model_input import labelled_rows
from tumourflow.options import AugmentationOptions
from tumourflow.types import Float32

Rows = npt.NDArray[np.int64]

TUMOUR_ORDER, OTHER_ORDER, AUGMENTATION, CLASS_ORDER = 1, 2, 3, 4
"""Purposes that the random numbers of a seed are divided by; the decks of classes have this one and those after it."""


class Batch(NamedTuple):
    """What the network is trained on in one step.

    Attributes:
        images: `(batch, height, width, depth)`, float32.
        masks: `(batch, height, width, 1)`, uint8, 0 or 1.
    """

    images: Float32
    masks: npt.NDArray[np.uint8]


class ClassBatch(NamedTuple):
    """What a classifier is trained on in one step.

    Attributes:
        images: `(batch, height, width, depth)`, float32.
        classes: `(batch, classes)`, float32: what each image's probabilities should be, times the image's weight.
    """

    images: Float32
    classes: Float32


AnyBatch = Batch | ClassBatch
"""Images, and what the network should say of them."""


def shrink_batch(batch: AnyBatch) -> AnyBatch:
    """Halve height and width by means of 2 x 2 pixels; a pixel is tumour where at least half of the four are, a class stays.

    Args:
        batch: Images, and masks where there are any, of even height and width, in memory or as tensors on a device.

    Returns:
        A new batch in the same place, `(batch, height / 2, width / 2, ...)`.

    Example:
        >>> images = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
        >>> small = shrink_batch(Batch(images, (images > 1).astype(np.uint8)))
        >>> small.images.ravel().tolist(), small.masks.ravel().tolist()
        ([1.5], [1])
    """
    images = _quarter(batch.images)
    if isinstance(batch, ClassBatch):
        return batch._replace(images=images)
    halves = _quarter(batch.masks) >= 0.5
    return Batch(images, halves.astype(np.uint8) if isinstance(halves, np.ndarray) else ops.cast(halves, "uint8"))


@dataclass(frozen=True)
class Sampler:
    """Chooses the slices of each batch as a pure function of the batch's number.

    Tumour slices and others are two decks of cards, each shuffled anew when it is used up: no slice comes twice before all came
    once. Of each batch, `tumour_share` comes from the first deck; where that is no whole number, batches take turns.

    Attributes:
        tumour_rows: Rows with tumour, at least one.
        other_rows: Rows without; where there is none, all batches hold tumour slices only.
        batch: Rows a batch.
        tumour_share: Share of tumour slices, 0..1.
        seed: Seed of the order.
    """

    tumour_rows: Rows
    other_rows: Rows
    batch: int
    tumour_share: float
    seed: int

    def rows(self, number: int) -> Rows:
        """Choose the rows of one batch.

        Args:
            number: Which batch, counted from 0.

        Returns:
            Rows, shape `(batch,)`: tumour slices first.
        """
        share = self.tumour_share if len(self.other_rows) else 1.0
        first, last = int(number * self.batch * share), int((number + 1) * self.batch * share)
        others = number * self.batch - first, (number + 1) * self.batch - last
        tumour = deal(self.tumour_rows, [self.seed, TUMOUR_ORDER], range(first, last))
        return np.concatenate([tumour, deal(self.other_rows, [self.seed, OTHER_ORDER], range(*others))])


def deal(deck: Rows, seeds: Sequence[int], places: Iterable[int]) -> Rows:
    """Deal cards from a deck that is shuffled anew when it is used up.

    Args:
        deck: Rows.
        seeds: Of the order.
        places: Which cards, counted from 0 over all rounds.

    Returns:
        A row a place.
    """
    size = len(deck)
    cards = [deck[_shuffled(size, tuple(seeds), place // size)[place % size]] for place in places]
    return np.array(cards, dtype=np.int64)


def _quarter(array: Any) -> Any:
    if isinstance(array, np.ndarray):
        # NumPy's mean over two axes takes seven times as long, a tenth of the step on small images.
        rows = np.add(array[:, ::2], array[:, 1::2], dtype=np.float32)
        return (rows[:, :, ::2] + rows[:, :, 1::2]) * np.float32(0.25)
    number, height, width, channels = array.shape
    fours = (number, height // 2, 2, width // 2, 2, channels)
    return ops.mean(ops.reshape(ops.cast(array, "float32"), fours), axis=(2, 4))


@lru_cache(maxsize=32)
def _shuffled(size: int, seeds: tuple[int, ...], round_number: int) -> Rows:
    return np.random.default_rng([*seeds, round_number]).permutation(size)


def make_sampler(index: pd.DataFrame, batch: int, tumour_share: float, seed: int) -> Sampler:
    """Sort the training slices into those with tumour and those without; slices without a mask are neither.

    Args:
        index: Table with `split` and `tumour`, and `labelled` where slices may lack a mask; row number is position in the arrays.
        batch: Slices a batch.
        tumour_share: Share of tumour slices in a batch, 0..1.
        seed: Seed of the order.

    Returns:
        The sampler.

    Raises:
        UserError: Where no training slice has a tumour.
    """
    train = labelled_rows(index, "train")
    tumour = index["tumour"].to_numpy(dtype=bool)
    if not (train & tumour).any():
        found = int(train.sum())
        msg = f"None of the {found} training slices with a mask has a tumour: check the masks and the split, there is nothing to learn."
        raise UserError(msg)
    return Sampler(np.flatnonzero(train & tumour), np.flatnonzero(train & ~tumour), batch, tumour_share, seed)


def make_batches(
    images: npt.NDArray[Any],
    masks: npt.NDArray[Any],
    index: pd.DataFrame,
    layout: InputLayout,
    *,
    augmentation: AugmentationOptions,
    sampler: Sampler,
) -> Callable[[int], Batch]:
    """Prepare the function that makes the batch of a given number.

    Args:
        images: `(n, height, width, channels)`, may lie on disk; read at the wanted rows only.
        masks: `(n, height, width)`, 0 or 1, may lie on disk.
        index: Table with `patient`; rows of a patient contiguous and in order.
        layout: The network's input channels.
        augmentation: What changes from image to image.
        sampler: Which slices; its seed also sets the augmentation.

    Returns:
        Function of the batch's number, counted from 0; its result depends on nothing else, and threads may call it at once.
    """
    neighbours = neighbour_rows(index, layout.context)

    def make_batch(number: int) -> Batch:
        rng = np.random.default_rng([sampler.seed, AUGMENTATION, number])
        rows = sampler.rows(number)
        stacked = stack_context(images, rows, neighbours, layout)
        changed = [augment(image, masks[row], augmentation, layout, rng) for image, row in zip(stacked, rows, strict=True)]
        return Batch(np.stack([image for image, _ in changed]), np.stack([mask for _, mask in changed])[..., None])

    return make_batch
