"""Patients, one at a time, brought back to the grid of their own images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.imaging.intensity import count_values, find_percentile, require_channels
from tumourflow.imaging.preparation import Preparation
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.types import Float32, Mask, Pixels

ReadImage = Callable[[str], Pixels]
"""Gives the stored image of a case."""


def patient_rows(index: pd.DataFrame) -> Iterator[npt.NDArray[np.int64]]:
    """Group the rows of an index by patient.

    Args:
        index: Table with a column `patient`; rows of a patient are side by side.

    Yields:
        Row numbers of one patient.

    Example:
        >>> [rows.tolist() for rows in patient_rows(pd.DataFrame({"patient": ["a", "a", "b"]}))]
        [[0, 1], [2]]
    """
    patients = index["patient"].to_numpy()
    if len(patients):
        yield from np.split(np.arange(len(patients)), np.flatnonzero(patients[1:] != patients[:-1]) + 1)


def restore_rows(probability: npt.NDArray[Any], rows: pd.DataFrame, preparation: Preparation) -> list[Float32]:
    """Bring probabilities back to native resolution.

    Args:
        probability: `(n, size, size)`, 0..1, any float dtype.
        rows: Description of these `n` slices: `top, left, side, height, width` in native pixels.
        preparation: What made the network's input.

    Returns:
        For each slice `(height, width)`, 0 outside the box that the network saw.
    """
    boxes = rows[["top", "left", "side", "height", "width"]].to_numpy(int).tolist()
    return [
        preparation.restore(np.asarray(each, np.float32), (top, left, side), (height, width))
        for each, (top, left, side, height, width) in zip(probability, boxes, strict=True)
    ]


def read_pictures(rows: pd.DataFrame, preparation: Preparation, read_image: ReadImage) -> list[Float32]:
    """Read the lead channel of a patient's slices at native resolution.

    Args:
        rows: Description of the slices: `case_id`.
        preparation: Names the lead channel, and tells whether the slices are measured together or each alone.
        read_image: Gives the stored image of a case, uint8 or uint16.

    Returns:
        For each slice `(height, width)`, 0..1; 1 is the 99.5th percentile of what is measured together.
    """
    images = (require_channels(read_image(case_id), preparation.channels) for case_id in rows["case_id"])
    leads = [image[:, :, [preparation.lead_channel]] for image in images]
    if preparation.unit == "patient":
        return _scale(leads)
    return [picture for lead in leads for picture in _scale([lead])]


def segment_volumes(
    probability: npt.NDArray[Any],
    index: pd.DataFrame,
    preparation: Preparation,
    postprocessing: PostProcessing,
    read_image: ReadImage,
) -> Iterator[tuple[str, Mask]]:
    """Turn the probabilities of a whole cohort into masks, holding one patient at a time.

    Args:
        probability: `(n, size, size)`, 0..1, possibly on disk.
        index: `n` rows of `case_id, patient, slice, top, left, side, height, width`; rows of a patient side by side, in order.
        preparation: What made the network's input.
        postprocessing: Field, threshold, holes and components.
        read_image: Gives the stored image of a case; asked only where the field looks at it.

    Yields:
        `(case_id, mask)` with the mask at native resolution.
    """
    for places in patient_rows(index):
        rows = index.iloc[places]
        native = restore_rows(probability[places[0] : places[-1] + 1], rows, preparation)
        pictures = read_pictures(rows, preparation, read_image) if postprocessing.crf else []
        yield from zip(rows["case_id"], make_masks(native, rows, preparation, postprocessing, pictures), strict=True)


def make_masks(
    native: Sequence[Float32], rows: pd.DataFrame, preparation: Preparation, postprocessing: PostProcessing, pictures: Sequence[Float32]
) -> list[Mask]:
    """Make masks of a patient's probabilities: of the volume where its slices have an order, else of each image by itself.

    Args:
        native: Each `(height, width)`, 0..1, at native resolution.
        rows: Description of these slices: `slice`.
        preparation: Tells whether the slices are measured together or each alone.
        postprocessing: Field, threshold, holes and components.
        pictures: What the field looks at, if it does.

    Returns:
        `(height, width)` booleans, one a slice.
    """
    slices = rows["slice"].tolist()
    if preparation.unit == "patient":
        return postprocessing.apply(native, slices, pictures)
    alone = [[picture] for picture in pictures] or [[]] * len(slices)
    return [postprocessing.apply([each], [number], seen)[0] for each, number, seen in zip(native, slices, alone, strict=True)]


def _scale(leads: list[Pixels]) -> list[Float32]:
    brightest = max(find_percentile(count_values(leads)[0], 99.5), 1)
    return [np.minimum(lead[:, :, 0].astype(np.float32) / np.float32(brightest), 1) for lead in leads]
