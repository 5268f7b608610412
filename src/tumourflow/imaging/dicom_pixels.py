"""Pixels of DICOM files: one frame at a time, and what its values mean."""

from __future__ import annotations

import os
import struct
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

import numpy as np
from PIL import Image

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.dicom import Bounded, read_dataset, silence
from tumourflow.imaging.dicom_header import Frame
from tumourflow.imaging.read import open_file, require_size
from tumourflow.types import Pixels

if TYPE_CHECKING:
    from pydicom import Dataset

_KINDS = {0x0010: "PixelData", 0x0008: "FloatPixelData", 0x0009: "DoubleFloatPixelData"}
"""Elements of group 7FE0 that hold pixels."""
_COLOURS, _TABLE = ("Red", "Green", "Blue"), "PaletteColorLookupTable"
_MEANING = [
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "ModalityLUTSequence"),
    *(f"{colour}{_TABLE}Descriptor" for colour in _COLOURS),
    *(f"{kind}{colour}{_TABLE}Data" for kind in ("", "Segmented") for colour in _COLOURS),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
]


class _Stored(NamedTuple):
    """How the pixels of a file are stored.

    Attributes:
        meaning: The elements that say how they are meant.
        element: Name of the one that holds them.
        vr: Its value representation; empty where files do not tell.
        start: Bytes that lie before its value.
    """

    meaning: Dataset
    element: str
    vr: str
    start: int


def read_frame(path: Path, number: int) -> tuple[Pixels, Dataset]:
    """Decode one frame.

    Args:
        path: DICOM file.
        number: Counted from 0.

    Returns:
        Stored values `(height, width)`, or colours `(height, width, 3)`; and the elements that say how they are meant, not to be changed.

    Raises:
        DamageError: When it cannot be decoded.
        TooLargeError: When it is compressed, and larger than ever decoded.
    """
    silence()
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import as_pixel_options

    with guard("the DICOM picture cannot be decoded"), open_file(path) as stream:
        bounded = Bounded(stream)
        # What comes from a store is fetched anew each time.
        stored = _recall_stored(path, _tell_state(path)) if isinstance(path, Path) else _find_stored(bounded)
        syntax, options = stored.meaning.file_meta.TransferSyntaxUID, as_pixel_options(stored.meaning)
        if syntax.is_encapsulated:
            bounded.seek(stored.start)
            _require_small(bounded, number, options["number_of_frames"])
        bounded.seek(stored.start)
        options |= {"transfer_syntax_uid": syntax, "pixel_keyword": stored.element} | ({"pixel_vr": stored.vr} if stored.vr else {})
        values, _ = get_decoder(syntax).as_array(cast("BinaryIO", bounded), index=number, **options)
        if stored.meaning.PhotometricInterpretation == "PALETTE COLOR":
            values = apply_color_lut(values, stored.meaning)
        return np.asarray(values), stored.meaning


def apply_meaning(values: Pixels, meaning: Dataset, frame: Frame) -> Pixels:
    """Turn stored values into those that mean something, such as Hounsfield units.

    Args:
        values: As `read_frame` gives them.
        meaning: Likewise.
        frame: Its slope and intercept are used, unless the file has a table.

    Returns:
        Integers or floating-point numbers of the same shape.

    Raises:
        DamageError: When the table is damaged.
    """
    with guard("the DICOM modality table cannot be applied"):
        if "ModalityLUTSequence" in meaning:
            from pydicom.pixels.processing import apply_modality_lut

            return np.asarray(apply_modality_lut(values, meaning))
        return values if (frame.slope, frame.intercept) == (1, 0) else values.astype(np.float64) * frame.slope + frame.intercept


def _tell_state(path: Path) -> tuple[int, int, int]:
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


@lru_cache(maxsize=64)
def _recall_stored(path: Path, state: tuple[int, int, int]) -> _Stored:
    # Where a file of thousands of frames describes each, reading that takes seconds, which would be spent on every frame.
    del state
    with open_file(path) as stream:
        return _find_stored(Bounded(stream))


def _find_stored(stream: Bounded) -> _Stored:
    meaning = read_dataset(stream, _MEANING)
    syntax = meaning.file_meta.TransferSyntaxUID
    order = "<" if syntax.is_little_endian else ">"
    start = stream.read(8)
    group, element = struct.unpack(f"{order}HH", start[:4])
    if group != 0x7FE0 or element not in _KINDS:
        msg = "the DICOM file has no pixels"
        raise DamageError(msg)
    explicit = not syntax.is_implicit_VR
    return _Stored(meaning, _KINDS[element], start[4:6].decode("ascii") if explicit else "", stream.tell() + 4 * explicit)


def _require_small(stream: Bounded, number: int, frames: int) -> None:
    from pydicom.encaps import get_frame

    encoded = get_frame(cast("BinaryIO", stream), number, number_of_frames=frames)
    try:
        with Image.open(BytesIO(encoded), formats=("JPEG", "JPEG2000")) as image:
            require_size(image.size, "a frame")
    except OSError:  # of another compression, which pydicom knows
        return
