"""Patients' images on their way into a network, many patients at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.model_input import prepare_volume
from tumourflow.imaging.preparation import Preparation
from tumourflow.types import Pixels

AT_ONCE = 64
"""Slices that are gathered before the network sees them: four full batches, be it of one patient or of many with an image each."""


class Volume(NamedTuple):
    """What there is of a patient.

    Attributes:
        images: Slices in order, uint8 or uint16; they may differ in size.
        slices: Their numbers, ascending; those that follow one another are neighbours in space. Nothing stands for 0, 1, ...
    """

    images: Sequence[Pixels]
    slices: Sequence[int] | None = None


@dataclass(frozen=True)
class PreparedVolumes:
    """What the network sees of some patients.

    Attributes:
        images: float16 `(n, size, size, channels)`, as the array store keeps them.
        index: `n` rows of `case_id, patient, slice, top, left, side, height, width`; cases and patients are numbered.
        stored: The images as they came, by case.
    """

    images: npt.NDArray[np.float16]
    index: pd.DataFrame
    stored: dict[str, Pixels]


def prepare_volumes(volumes: Iterable[Volume], preparation: Preparation) -> Iterator[PreparedVolumes]:
    """Prepare patients and gather them, so that full batches reach the network and few patients are in memory.

    Args:
        volumes: Patients.
        preparation: What to do, as it was done before training.

    Yields:
        Patients in the order in which they came, whole, of `AT_ONCE` slices together or a little more.

    Raises:
        ValueError: Where a patient has no image, or one of another dtype or number of channels than the network's.
    """
    gathered = list[Volume]()
    for volume in volumes:
        gathered.append(volume)
        if sum(len(each.images) for each in gathered) >= AT_ONCE:
            yield _prepare(gathered, preparation)
            gathered = []
    if gathered:
        yield _prepare(gathered, preparation)


def _prepare(volumes: Sequence[Volume], preparation: Preparation) -> PreparedVolumes:
    described, arrays, stored = list[pd.DataFrame](), list[npt.NDArray[Any]](), dict[str, Pixels]()
    for number, volume in enumerate(volumes):
        cases = [str(len(stored) + place) for place in range(len(volume.images))]
        rows = pd.DataFrame({"case_id": cases, "patient": number, "slice": number_slices(volume, preparation), "split": ""})
        chunk = prepare_volume(volume.images, [None] * len(cases), rows, preparation)
        described.append(chunk.index)
        arrays.append(chunk.arrays["images"])
        stored |= zip(cases, volume.images, strict=True)
    return PreparedVolumes(np.concatenate(arrays), pd.concat(described, ignore_index=True), stored)


def number_slices(volume: Volume, preparation: Preparation) -> list[int]:
    """Number the slices of a patient; where the cohort had no order of slices, none has a neighbour.

    Args:
        volume: A patient.
        preparation: Tells by its unit whether slices have an order.

    Returns:
        A number for each slice.
    """
    if preparation.unit == "slice":
        return [0] * len(volume.images)
    return list(range(len(volume.images)) if volume.slices is None else volume.slices)
