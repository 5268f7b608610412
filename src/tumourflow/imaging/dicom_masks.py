"""DICOM Segmentations that somebody drew: which frame is of which slice, and its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.dicom import read_elements
from tumourflow.imaging.dicom_header import TAGS, hash_uid, require_possible
from tumourflow.imaging.dicom_pixels import read_frame
from tumourflow.types import Mask

if TYPE_CHECKING:
    from pydicom import Dataset

_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
_ELEMENTS = [*TAGS, "SegmentationType", "MaximumFractionalValue"]


@dataclass(frozen=True)
class DrawnFrame:
    """One frame of a segmentation.

    Attributes:
        number: Counted from 0 within the file.
        segment: Number of the segment that it shows, counted from 1.
        source: Hash of the SOPInstanceUID of the file that it was drawn on.
        source_frame: Which picture of that file, counted from 0; None where it does not say so.
    """

    number: int
    segment: int
    source: str
    source_frame: int | None


@dataclass(frozen=True)
class Segmentation:
    """What is used of a segmentation's header.

    Attributes:
        shape: Height and width of its frames.
        full: Stored value of a pixel that lies wholly in a segment.
        frames: Slices on which nothing was drawn may be left out.
    """

    shape: tuple[int, int]
    full: int
    frames: tuple[DrawnFrame, ...]


def read_segmentation(path: Path) -> Segmentation | None:
    """Read what places the frames of a segmentation on slices.

    Args:
        path: DICOM file.

    Returns:
        None where the file is no segmentation, or one whose pixels are labels (Label Map Segmentation).

    Raises:
        DamageError: When it is damaged, or a frame does not name the one slice that it was drawn on.
        TooLargeError: When it declares more pixels or frames than are ever decoded.

    Reference:
        DICOM PS3.3 A.51.
    """
    dataset = read_elements(path, _ELEMENTS)
    with guard("the DICOM segmentation cannot be read"):
        if str(dataset.get("SOPClassUID", "")) != _SEGMENTATION:
            return None
        require_possible(dataset, path.stat().st_size)
        fractional = str(dataset.get("SegmentationType", "")) == "FRACTIONAL"
        frames = tuple(_describe_frame(dataset, number) for number in range(int(dataset.get("NumberOfFrames") or 1)))
        full = int(dataset.get("MaximumFractionalValue") or 255) if fractional else 1
        return Segmentation((int(dataset.Rows), int(dataset.Columns)), full, frames)


def read_drawn(path: Path, frame: int, full: int) -> Mask:
    """Decode one frame of a segmentation.

    Args:
        path: DICOM file.
        frame: Counted from 0.
        full: See `Segmentation`.

    Returns:
        `(height, width)` booleans: pixels at least half of which lie in the segment.

    Raises:
        DamageError: When it cannot be decoded.
    """
    values, _ = read_frame(path, frame)
    mask: Mask = 2 * values.astype("int64") >= full
    return mask


def _describe_frame(dataset: Dataset, number: int) -> DrawnFrame:
    segments = [int(each.ReferencedSegmentNumber) for each in _find(dataset, number, "SegmentIdentificationSequence")]
    derived = [source for item in _find(dataset, number, "DerivationImageSequence") for source in item.get("SourceImageSequence") or ()]
    sources = {named for source in derived for named in _list_pictures(source)}
    if len(segments) != 1 or segments[0] < 1 or len(sources) != 1 or not min(sources)[0]:
        msg = "its frames do not each name the one segment that they show and the one slice that they were drawn on"
        raise DamageError(msg)
    ((source, source_frame),) = sources
    return DrawnFrame(number, segments[0], hash_uid(source), source_frame)


def _list_pictures(source: Dataset) -> list[tuple[str, int | None]]:
    numbers = source.get("ReferencedFrameNumber")
    told = [int(each) - 1 for each in np.atleast_1d(numbers)] if numbers else [None]
    return [(str(source.ReferencedSOPInstanceUID or ""), each) for each in told]


def _find(dataset: Dataset, number: int, group: str) -> list[Dataset]:
    # What holds for all frames may be said once.
    for place in (dataset.PerFrameFunctionalGroupsSequence[number], *(dataset.get("SharedFunctionalGroupsSequence") or ())):
        if found := place.get(group):
            return list(found)
    return []
