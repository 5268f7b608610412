"""The masks of DICOM slices: what segmentations that lie among them say was drawn on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tumourflow.cohorts.case import Rejected
from tumourflow.cohorts.masks import lay_over, require_one_size
from tumourflow.cohorts.persons import conceal_file
from tumourflow.cohorts.series import Series
from tumourflow.errors import UserError
from tumourflow.imaging.dicom_header import Header
from tumourflow.imaging.dicom_masks import DrawnFrame, Segmentation, read_drawn
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

Picture = tuple[str, int]
"""Hash of the SOPInstanceUID of a file, and which of its frames, counted from 0."""

_AMBIGUOUS = "it was drawn on a slice whose SOPInstanceUID two files have, and nobody can know which is meant"
_UNTOLD = "it was drawn on files of many frames, and does not say on which of their frames"
_ABSENT = "it was drawn on a frame that is not there: its file has fewer"


@dataclass(frozen=True)
class DrawnPart:
    """A frame of a segmentation.

    Attributes:
        file: Relative to the cohort's root.
        frame: Its number in the file.
        segment: Number of the segment that it shows.
        full: Stored value of a pixel that lies wholly in the segment.
    """

    file: Path
    frame: int
    segment: int
    full: int


class Drawings(NamedTuple):
    """What was drawn on the pictures of a cohort.

    Attributes:
        parts: By picture.
        shapes: Height and width of the frames of each segmentation that is used.
        orphans: Segmentations of which no slice is there.
        rejected: Segmentations that cannot be used.
    """

    parts: dict[Picture, list[DrawnPart]]
    shapes: dict[Path, tuple[int, int]]
    orphans: tuple[Path, ...]
    rejected: tuple[Rejected, ...]


def sort_drawings(headers: Mapping[Path, Header], segmentations: Mapping[Path, Segmentation]) -> Drawings:
    """Find the pictures that segmentations were drawn on.

    Args:
        headers: Of the pictures, by file.
        segmentations: Also by file.
    """
    counts: dict[str, list[int]] = {}
    for header in headers.values():
        counts.setdefault(header.uid, []).append(len(header.frames))
    parts: dict[Picture, list[DrawnPart]] = {}
    shapes, orphans, rejected = {}, [], []
    for file, drawn in segmentations.items():
        faults = [_find_fault(frame, counts[frame.source]) for frame in drawn.frames if frame.source in counts]
        if not faults:
            orphans.append(file)
        elif fault := next(filter(None, faults), ""):
            rejected.append(Rejected(file, "undecodable", fault))
        else:
            shapes[file] = drawn.shape
            for frame in drawn.frames:
                part = DrawnPart(file, frame.number, frame.segment, drawn.full)
                parts.setdefault((frame.source, frame.source_frame or 0), []).append(part)
    return Drawings(parts, shapes, tuple(orphans), tuple(rejected))


def _find_fault(frame: DrawnFrame, counts: list[int]) -> str:
    # Of each file that is the source, its number of frames.
    if len(counts) > 1:
        return _AMBIGUOUS
    if frame.source_frame is None:
        return _UNTOLD if counts[0] > 1 else ""
    return "" if 0 <= frame.source_frame < counts[0] else _ABSENT


def require_chosen(root: Path, drawings: Drawings, options: IngestionOptions, persons: frozenset[str] = frozenset()) -> None:
    """Make sure that it is known which segments are lesion.

    Args:
        root: Folder of the cohort, for the sentence.
        drawings: What was drawn.
        options: `lesion_values` is used.
        persons: What tells patients in names of files.

    Raises:
        UserError: Where there are several segments, and nothing chooses among them.
    """
    segments: dict[int, Path] = {}
    for part in (part for parts in drawings.parts.values() for part in parts):
        segments.setdefault(part.segment, part.file)
    if len(segments) > 1 and options.lesion_values is None:
        told = ", ".join(f"{number} (`{conceal_file(segments[number], persons)}`)" for number in sorted(segments)[:5])
        msg = f"The DICOM segmentations of {root} have several segments: {told}. Say in `ingestion.lesion_values` which of them are lesion,"
        raise UserError(msg + f" for example [{min(segments)}]; name all where all are.")


def find_masks(
    drawings: Drawings, series: Series, headers: Mapping[Path, Header], options: IngestionOptions
) -> tuple[tuple[Path, ...], list[Callable[[], Pixels]]]:
    """Find what was drawn on the slices of a series.

    Args:
        drawings: What was drawn.
        series: The series.
        headers: Of the pictures, by file.
        options: `lesion_values` says which segments are lesion.

    Returns:
        The segmentations of the series, and what reads the mask of each slice, which is empty where they show nothing; both are empty
        where there is none.
    """
    drawn = [drawings.parts.get((headers[place.file].uid, place.frame.number), []) for place in series.places]
    files = tuple(dict.fromkeys(part.file for parts in drawn for part in parts))
    if not files:
        return (), []
    shape = drawings.shapes[files[0]]
    return files, [partial(load_drawn, series.root, tuple(parts), shape, options.lesion_values) for parts in drawn]


def load_drawn(root: Path, parts: tuple[DrawnPart, ...], shape: tuple[int, int], lesion_values: tuple[int, ...] | None = None) -> Pixels:
    """Read what was drawn on a slice.

    Args:
        root: Folder of the cohort.
        parts: Frames of segmentations, none where nothing was drawn.
        shape: Height and width of the mask then.
        lesion_values: Segments that are lesion, where some are not.

    Returns:
        `(height, width)` booleans, true in any segment; with `lesion_values` numbers of segments, of several on one pixel a lesion's.

    Raises:
        MaskSizesError: When they differ in size.
        ValueError: When one cannot be decoded.
    """
    drawn = (np.where(read_drawn(root / part.file, part.frame, part.full), part.segment, 0) for part in parts)
    labels = require_one_size([*drawn] or [np.zeros(shape, np.int64)])
    return np.any(labels, axis=0) if lesion_values is None else reduce(partial(lay_over, lesion_values), labels)
