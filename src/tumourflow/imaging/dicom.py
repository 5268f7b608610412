"""DICOM files are opened here, and their headers read."""

from __future__ import annotations

import logging
import warnings
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.dicom_header import TAGS, Header, describe_header, require_possible
from tumourflow.imaging.read import open_file

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

DEFLATED = "1.2.840.10008.1.2.1.99"
_NO_PICTURES = ("1.2.840.10008.5.1.4.1.1.66.", "1.2.840.10008.5.1.4.1.1.481.2")
"""Kinds of objects whose pixels are no picture: segmentations and the like, grids of a dose."""


class Bounded:
    """A file that never reserves more memory than it has bytes, whatever length an element declares."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.size = stream.seek(0, 2)
        self.seek, self.tell, self.close = stream.seek, stream.tell, stream.close
        stream.seek(0)

    def read(self, count: int = -1) -> bytes:
        """Read some bytes, as a file does."""
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
    silence()
    with guard("the DICOM header cannot be read"), open_file(path) as stream:
        bounded = Bounded(stream)
        dataset = read_dataset(bounded, TAGS)
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
    silence()
    with guard("the DICOM header cannot be read"), open_file(path) as stream:
        return read_dataset(Bounded(stream), keywords)


@lru_cache(maxsize=1)
def silence() -> None:
    """Keep pydicom from saying what it thinks of a file."""
    # What pydicom has to say of a file may quote it.
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"pydicom\b")


def read_dataset(stream: Bounded, tags: list[str]) -> FileDataset:
    """Read some elements of a file that lie before its pixels, where the stream is left."""
    from pydicom import dcmread
    from pydicom.filereader import read_dataset as read_elements_of
    from pydicom.filereader import read_preamble

    binary = cast("BinaryIO", stream)
    read_preamble(binary, force=False)
    meta = read_elements_of(binary, False, True, stop_when=lambda tag, _, __: tag.group != 2)
    if str(meta.get("TransferSyntaxUID", "")) == DEFLATED:
        msg = "the file is deflated as a whole, which is not read: store it with another transfer syntax"
        raise DamageError(msg)
    stream.seek(0)
    return dcmread(binary, stop_before_pixels=True, specific_tags=[*tags])
