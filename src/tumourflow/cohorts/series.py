"""The slices of one DICOM series, shown through one window."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from tumourflow.imaging.dicom_header import Frame
from tumourflow.imaging.dicom_pixels import apply_meaning, read_frame
from tumourflow.imaging.window import Window, apply_window, find_window
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

_SAMPLE = 4_000_000
_MEASURING = Lock()


@dataclass(frozen=True)
class Place:
    """Where a slice is found.

    Attributes:
        file: Relative to the cohort's root.
        frame: Which picture of the file.
        inverted: Whether large values are dark.
    """

    file: Path
    frame: Frame
    inverted: bool


@dataclass(frozen=True)
class Series:
    """The slices of a series in order.

    Attributes:
        root: Folder of the cohort.
        places: Its slices. Not compared: `stamp` stands for them.
        bits: Bits of grey values that have no other meaning than their brightness, else 0.
        options: How other values are shown.
        stamp: State of the files when they were listed.
    """

    root: Path
    places: tuple[Place, ...] = field(compare=False, repr=False)
    bits: int
    options: IngestionOptions
    stamp: str


def load_slice(series: Series, position: int) -> Pixels:
    """Read a slice as it is meant to be seen: bright is dense, and grey values mean the same in the whole series.

    Args:
        series: The series.
        position: Counted from 0.

    Returns:
        `(height, width)` uint8, or uint16 where `options.bits` is 16; colours as they are stored.

    Raises:
        ValueError: When it cannot be decoded.
    """
    place, bits = series.places[position], series.options.bits
    values, meaning = read_frame(series.root / place.file, place.frame.number)
    if values.ndim == 3:
        return values
    if 0 < series.bits <= bits:
        shown, largest = np.clip(values, 0, 2**series.bits - 1).astype(np.uint8 if bits == 8 else np.uint16), 2**series.bits - 1
    else:
        with _MEASURING:
            window = _measure_window(series)
        shown, largest = apply_window(apply_meaning(values, meaning, place.frame), window, bits), 2**bits - 1
    return np.asarray(largest - shown, shown.dtype) if place.inverted else shown


@lru_cache(maxsize=64)
def _measure_window(series: Series) -> Window:
    if series.options.window == "fixed":
        return find_window(np.empty(0), series.options)
    samples = [_sample(series, place) for place in series.places]
    known = [sample for sample in samples if sample is not None]
    return find_window(np.concatenate(known) if known else np.empty(0), series.options)


def _sample(series: Series, place: Place) -> Pixels | None:
    try:
        values, meaning = read_frame(series.root / place.file, place.frame.number)
        if values.ndim == 3:
            return None
        meant = apply_meaning(values, meaning, place.frame).ravel()
    except (OSError, ValueError):
        return None  # the slice gets its row in the ledger when it is inspected
    if series.options.window == "minmax":
        return np.array([meant.min(), meant.max()])
    # An odd step, so that it does not run down the same columns in every row.
    return meant[:: math.ceil(meant.size * len(series.places) / _SAMPLE) | 1]
