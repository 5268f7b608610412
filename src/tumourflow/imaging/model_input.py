"""Prepared slices with their masks and an index: what the network is trained on."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.preparation import Preparation
from tumourflow.types import ArrayChunk, Mask, Pixels

logger = logging.getLogger(__name__)


def prepare_volume(volume: Sequence[Pixels], masks: Sequence[Mask | None], cases: pd.DataFrame, preparation: Preparation) -> ArrayChunk:
    """Prepare all slices of a patient.

    Args:
        volume: Slices in order.
        masks: Their masks, of the slices' native sizes; none where nobody has drawn one.
        cases: One row a slice with `case_id, patient, slice, split`.
        preparation: What to do.

    Returns:
        `images` float16 `(n, size, size, layout.channels)` and `masks` uint8 `(n, size, size)` of 0 and 1, with an index of
        `case_id, patient, slice, split, tumour, labelled, top, left, side, height, width, content`; `labelled` tells which slices have a
        mask, `content` is a hash of what the network sees of the image and its mask.
    """
    prepared, frames = preparation.prepare(volume)
    images = np.stack(prepared).astype(np.float16)
    small = np.zeros(images.shape[:3], np.uint8)
    for row, mask in enumerate(masks):
        if mask is not None:
            small[row] = preparation.apply_mask(mask, frames[row])
    boxes = [(*frame.view_of(image).box, *image.shape[:2]) for image, frame in zip(volume, frames, strict=True)]
    index = cases[["case_id", "patient", "slice", "split"]].reset_index(drop=True)
    index["tumour"] = [bool(mask.any()) for mask in small]
    index["labelled"] = [mask is not None for mask in masks]
    index[["top", "left", "side", "height", "width"]] = boxes
    # By this a training that goes on knows that an image or a mask was mended meanwhile: their names and places stay the same.
    index["content"] = [_hash(image, mask) for image, mask in zip(images, small, strict=True)]
    return ArrayChunk(index, {"images": images, "masks": small})


def tell_lost_tumours(chunks: Iterable[ArrayChunk], cases: pd.DataFrame, preparation: Preparation) -> Iterator[ArrayChunk]:
    """Hand chunks on, and tell at the end whose tumour has no pixel left: a network learns that there is none.

    Args:
        chunks: Prepared slices.
        cases: One row a case with `case_id, tumour_pixels`.
        preparation: What was done.

    Yields:
        The chunks as they are.
    """
    drawn = set(cases.loc[cases["tumour_pixels"] > 0, "case_id"])
    found, lost = 0, list[str]()
    for chunk in chunks:
        slices = chunk.index[chunk.index["case_id"].isin(drawn)]
        found += len(slices)
        lost += slices.loc[~slices["tumour"], "case_id"].tolist()
        yield chunk
    if lost:
        logger.warning(
            "%d of %d slices with tumour are prepared without a pixel of it, such as %s, so that a segmentation learns that there is none: "
            "it is too small for `preparation.size` %d, or lies beyond `preparation.crop` %s. Raise the size, or choose another crop.",
            len(lost),
            found,
            lost[0],
            preparation.size,
            preparation.crop,
        )


def labelled_rows(index: pd.DataFrame, split: str) -> npt.NDArray[np.bool_]:
    """Tell which slices of a split have a mask: an empty one is not the same as none.

    Args:
        index: Table with `split`; without the column `labelled` every slice has a mask.
        split: Name of the split.

    Returns:
        One boolean a row.

    Example:
        >>> labelled_rows(pd.DataFrame({"split": ["train", "train", "test"], "labelled": [True, False, True]}), "train").tolist()
        [True, False, False]
    """
    chosen = index["split"] == split
    return np.asarray(chosen & index["labelled"] if "labelled" in index else chosen, bool)


def _hash(image: npt.NDArray[np.float16], mask: npt.NDArray[np.uint8]) -> str:
    return hashlib.blake2b(image.tobytes() + mask.tobytes(), digest_size=16).hexdigest()
