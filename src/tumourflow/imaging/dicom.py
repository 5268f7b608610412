"""DICOM files are opened here: their headers, and one frame at a time."""

from __future__ import annotations

import logging
import warnings
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
from PIL import Image

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.dicom_header import TAGS, Frame, Header, describe_header, require_possible
from tumourflow.imaging.read import open_file, require_size
from tumourflow.types import Pixels

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

_DEFLATED = "1.2.840.10008.1.2.1.99"
_NO_PICTURES = ("1.2.840.10008.5.1.4.1.1.66.", "1.2.840.10008.5.1.4.1.1.481.2")
"""Kinds of objects whose pixels are no picture: segmentations and the like, grids of a dose."""


class _Bounded:
    """A file that never reserves more memory than it has bytes, whatever length an element declares."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.size = stream.seek(0, 2)
        self.seek, self.tell, self.close = stream.seek, stream.tell, stream.close
        stream.seek(0)

    def read(self, count: int = -1) -> bytes:
        left = max(self.size - self.tell(), 0)
        return self.stream.read(left if count is None or count < 0 else min(count, left))


def is_dicom(path: Path) -> bool:
    """Tell whether a file begins as DICOM files do."""
    with open_file(path) as stream:
        return stream.read(132)[128:] == b"DICM"


def read_header(path: Path) -> Header | None:
    """Read what places the frames of a file in a volume.

    Args:
        path: DICOM file.

    Returns:
        None where the file holds no picture: a report, a plan, a segmentation object.

    Raises:
        DamageError: When it is damaged or declares what cannot be.
        TooLargeError: When it declares more pixels or frames than are ever decoded.
    """
    _silence()
    with guard("the DICOM header cannot be read"), open_file(path) as stream:
        bounded = _Bounded(stream)
        dataset = _read_dataset(bounded, TAGS)
        if "Rows" not in dataset or str(dataset.get("SOPClassUID", "")).startswith(_NO_PICTURES):
            return None
        require_possible(dataset, bounded.size)
        return describe_header(dataset)


def read_elements(path: Path, keywords: list[str]) -> Dataset:
    """Read some elements of a header; how the file is encoded is in `file_meta`.

    Args:
        path: DICOM file.
        keywords: Names of the elements; those that the file lacks are not there.

    Raises:
        DamageError: When it is damaged.
    """
    _silence()
    with guard("the DICOM header cannot be read"), open_file(path) as stream:
        return _read_dataset(_Bounded(stream), keywords)


def read_frame(path: Path, number: int) -> tuple[Pixels, Dataset]:
    """Decode one frame.

    Args:
        path: DICOM file.
        number: Counted from 0.

    Returns:
        Stored values `(height, width)`, or colours `(height, width, 3)`; and the elements that say how they are meant.

    Raises:
        DamageError: When it cannot be decoded.
        TooLargeError: When it is compressed, and larger than ever decoded.
    """
    _silence()
    from pydicom import Dataset
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array

    meaning = Dataset()
    with guard("the DICOM picture cannot be decoded"), open_file(path) as stream:
        bounded = _Bounded(stream)
        _require_small(bounded, number)
        values = pixel_array(cast("BinaryIO", bounded), index=number, ds_out=meaning)
        if meaning.PhotometricInterpretation == "PALETTE COLOR":
            values = apply_color_lut(values, meaning)
        return np.asarray(values), meaning


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


@lru_cache(maxsize=1)
def _silence() -> None:
    # What pydicom has to say of a file may quote it.
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"pydicom\b")


def _read_dataset(stream: _Bounded, tags: list[str], *, pixels: bool = False) -> FileDataset:
    from pydicom import dcmread
    from pydicom.filereader import read_dataset, read_preamble

    binary = cast("BinaryIO", stream)
    read_preamble(binary, force=False)
    meta = read_dataset(binary, False, True, stop_when=lambda tag, _, __: tag.group != 2)
    if str(meta.get("TransferSyntaxUID", "")) == _DEFLATED:
        msg = "the file is deflated as a whole, which is not read: store it with another transfer syntax"
        raise DamageError(msg)
    stream.seek(0)
    return dcmread(binary, stop_before_pixels=not pixels, specific_tags=[*tags])


def _require_small(stream: _Bounded, number: int) -> None:
    if not _read_dataset(stream, ["Rows"]).file_meta.TransferSyntaxUID.is_encapsulated:
        return
    from pydicom.encaps import get_frame

    stream.seek(0)
    dataset = _read_dataset(stream, ["NumberOfFrames", "PixelData"], pixels=True)
    encoded = get_frame(dataset.PixelData, number, number_of_frames=int(dataset.get("NumberOfFrames") or 1))
    try:
        with Image.open(BytesIO(encoded), formats=("JPEG", "JPEG2000")) as image:
            require_size(image.size, "a frame")
    except OSError:  # of another compression, which pydicom knows
        return
