"""What a DICOM header says of pictures: where they lie and how they are meant."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tumourflow.imaging.damage import DamageError
from tumourflow.imaging.dicom_person import PERSON_TAGS, Person, describe_person
from tumourflow.imaging.read import TooLargeError, require_size

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.uid import UID

MOST_FRAMES = 20_000
"""Frames that a file may declare."""

TAGS = [
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber"),
    *("ImagePositionPatient", "ImageOrientationPatient"),
    *("PixelSpacing", "ImagerPixelSpacing", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "RescaleIntercept", "RescaleSlope", "ModalityLUTSequence"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    *PERSON_TAGS,
]
"""All that is ever read of a header."""


@dataclass(frozen=True)
class Frame:
    """One picture of a DICOM file.

    Attributes:
        number: Counted from 0 within the file.
        slope: A stored value times this ...
        intercept: ... plus this is a value with a meaning, such as Hounsfield units.
        position: Of the first pixel in millimetres, where known.
        orientation: Directions of rows and columns, six numbers, where known.
        spacing: Height and width of a pixel in millimetres, where known.
    """

    number: int
    slope: float
    intercept: float
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None


@dataclass(frozen=True)
class Header:
    """What is used of a file's header.

    Attributes:
        patient: PatientID, which may be a name: not to be written anywhere. A reader puts a pseudonym in its place.
        series: Hash of the SeriesInstanceUID, or empty.
        series_number: Or 0.
        instance: InstanceNumber, or 0.
        inverted: Whether large values are dark (MONOCHROME1).
        bits: Bits of an unsigned grey value that has no other meaning than its brightness, else 0.
        frames: At least one.
        uid: Hash of the SOPInstanceUID, or empty.
        stem: Pseudonym of what the ids of one person have in common; empty until a reader puts it there.
        person: Whom the file is of: not to be written anywhere. A reader takes it out.
    """

    patient: str
    series: str
    series_number: int
    instance: int
    inverted: bool
    bits: int
    frames: tuple[Frame, ...]
    uid: str = ""
    stem: str = ""
    person: Person = field(default_factory=Person)


def require_possible(dataset: Dataset, size: int) -> None:
    """Refuse a file that declares what it cannot hold, or what is not read, before anything is made of it.

    Args:
        dataset: The elements `TAGS`.
        size: Bytes of the file.

    Raises:
        DamageError: When its pixels cannot lie in so many bytes, or would be read wrongly or not at all.
        TooLargeError: When it declares more pixels or frames than are ever decoded.
    """
    shape = (int(dataset.Rows), int(dataset.Columns), int(dataset.get("SamplesPerPixel") or 1))
    require_size(shape, "a frame")
    frames = int(dataset.get("NumberOfFrames") or 1)
    if not 0 < frames <= MOST_FRAMES:
        msg = f"{frames} frames are declared, more than the {MOST_FRAMES} that are allowed"
        raise TooLargeError(msg)
    if math.prod(shape) == 0:
        msg = "the picture has no pixel"
        raise DamageError(msg)
    _require_low_bits(dataset)
    _require_decoder(dataset.file_meta.TransferSyntaxUID)
    compressed = dataset.file_meta.TransferSyntaxUID.is_encapsulated
    native = frames * math.prod(shape) * int(dataset.BitsAllocated) // 8
    least = frames * 16 if compressed else native // (2 if _is_subsampled(dataset) else 1)
    if least > size:
        msg = f"the file has {size} bytes, fewer than the {least} that its pixels take"
        raise DamageError(msg)


def describe_header(dataset: Dataset) -> Header:
    """Take from a header what is used of it.

    Args:
        dataset: The elements `TAGS`.

    Returns:
        The header.

    Raises:
        DamageError: When a number is none. Other errors are those of pydicom.
    """
    frames = tuple(_describe_frame(dataset, number) for number in range(int(dataset.get("NumberOfFrames") or 1)))
    grey = int(dataset.get("SamplesPerPixel") or 1) == 1
    plain = grey and not dataset.PixelRepresentation and "ModalityLUTSequence" not in dataset
    plain = plain and all((frame.slope, frame.intercept) == (1, 0) for frame in frames)
    patient = dataset.get("PatientID")
    return Header(
        patient=patient.strip() if isinstance(patient, str) else "",
        series=hash_uid(str(dataset.get("SeriesInstanceUID") or "")),
        series_number=int(dataset.get("SeriesNumber") or 0),
        instance=int(dataset.get("InstanceNumber") or 0),
        inverted=dataset.get("PhotometricInterpretation") == "MONOCHROME1",
        bits=int(dataset.BitsStored) if plain else 0,
        frames=frames,
        uid=hash_uid(str(dataset.get("SOPInstanceUID") or "")),
        person=describe_person(dataset),
    )


def hash_uid(uid: str) -> str:
    """Give what stands for an identifier, which is kept on disk and might hold what it should not.

    Example:
        >>> hash_uid("1.2.3")[:8], hash_uid("")
        ('c47f5b18', '')
    """
    return hashlib.sha256(uid.encode(errors="surrogateescape")).hexdigest()[:32] if uid else ""


def _require_low_bits(dataset: Dataset) -> None:
    stored = int(dataset.BitsStored)
    high = dataset.get("HighBit")
    if high is not None and int(high) != stored - 1:
        # Of values that lie at the upper end, the decoder would take the lower bits.
        msg = f"HighBit is {int(high)}, where {stored} bits are stored: nobody can know which bits are the value"
        raise DamageError(msg)


@cache
def _require_decoder(syntax: UID) -> None:
    from pydicom.pixels.decoders.base import get_decoder

    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        # What is not in the dictionary is text of the file.
        name = "which is not known" if syntax.name == syntax else syntax.name
        msg = f"its compression, {name}, is read by nothing that is installed: store it without, or install a decoder for pydicom"
        raise DamageError(msg)


def _describe_frame(dataset: Dataset, number: int) -> Frame:
    slope = _find(dataset, number, "PixelValueTransformationSequence", "RescaleSlope", 1)
    intercept = _find(dataset, number, "PixelValueTransformationSequence", "RescaleIntercept", 1)
    spacing = _find(dataset, number, "PixelMeasuresSequence", "PixelSpacing", 2) or _find(dataset, number, "", "ImagerPixelSpacing", 2)
    return Frame(
        number=number,
        slope=slope[0] if slope else 1.0,
        intercept=intercept[0] if intercept else 0.0,
        position=_find(dataset, number, "PlanePositionSequence", "ImagePositionPatient", 3),
        orientation=_find(dataset, number, "PlaneOrientationSequence", "ImageOrientationPatient", 6),
        spacing=(spacing[0], spacing[1]) if spacing and min(spacing) > 0 else None,
    )


def _find(dataset: Dataset, number: int, group: str, keyword: str, count: int) -> tuple[float, ...] | None:
    # A file of one frame says it at the top, one of many for each frame or for all of them.
    for place in (dataset, *_list_groups(dataset, number, group)):
        value = place.get(keyword)
        if value is None or value == "":
            continue
        numbers = tuple(float(each) for each in np.atleast_1d(value))
        if len(numbers) != count or not np.isfinite(numbers).all():
            msg = f"{keyword} is not {count} finite number{'s' if count > 1 else ''}"
            raise DamageError(msg)
        return numbers
    return None


def _list_groups(dataset: Dataset, number: int, group: str) -> Iterator[Dataset]:
    frames, shared = dataset.get("PerFrameFunctionalGroupsSequence"), dataset.get("SharedFunctionalGroupsSequence")
    for place in (*(frames[number : number + 1] if frames else ()), *(shared or ())):
        yield from (place.get(group) or ()) if group else ()


def _is_subsampled(dataset: Dataset) -> bool:
    return "422" in str(dataset.get("PhotometricInterpretation", ""))
