"""What a segmentation takes over from its DICOM series: references and geometry, and nothing that tells a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.dicom import read_elements

if TYPE_CHECKING:
    from pydicom import Dataset

_UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
_PLACE = {"ImagePositionPatient": 3, "ImageOrientationPatient": 6, "PixelSpacing": 2}
_EMPTY = (
    *("PatientName", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"),
)
_ALIKE = {
    "studies": "StudyInstanceUID",
    "series": "SeriesInstanceUID",
    "frames of reference": "FrameOfReferenceUID",
    "heights": "Rows",
    "widths": "Columns",
    "directions": "ImageOrientationPatient",
    "sizes of pixels": "PixelSpacing",
}
_ROUNDED = 1e-4
"""What scanners' rounding may make of a direction or a length."""


def read_series(sources: Sequence[Path], patient: str) -> list[Dataset]:
    """Read of each slice what refers to it and where it lies.

    Args:
        sources: The files of a series, one a slice.
        patient: Pseudonym that takes the place of PatientID. Name, birth date, sex, and whatever names the examination, are empty.

    Returns:
        A header a file, in the same order.

    Raises:
        DamageError: When a file cannot be read, or they are no series of single slices of one size and direction whose places are known:
            the message says what is wrong in words that can stand in a report.
    """
    headers = [_read_slice(path, patient) for path in sources]
    if not headers:
        msg = "there is no slice"
        raise DamageError(msg)
    _require_one_series(headers)
    if len({header.SOPInstanceUID for header in headers}) < len(headers):
        msg = "two slices have one SOPInstanceUID"
        raise DamageError(msg)
    return headers


def measure_heights(headers: Sequence[Dataset]) -> list[float]:
    """Measure how high each slice lies along the normal of all, in millimetres.

    Args:
        headers: What `read_series` gave.

    Raises:
        DamageError: When two slices lie in one place.
    """
    orientation = np.array(headers[0].ImageOrientationPatient, np.float64)
    normal = np.cross(orientation[:3], orientation[3:])
    heights = [round(float(np.dot(normal, np.array(header.ImagePositionPatient, np.float64))), 4) for header in headers]
    if len(set(heights)) < len(heights):
        msg = "two slices lie in one place"
        raise DamageError(msg)
    return heights


def _require_one_series(headers: Sequence[Dataset]) -> None:
    for what, keyword in _ALIKE.items():
        first = headers[0][keyword].value
        if not all(_is_alike(header[keyword].value, first) for header in headers):
            msg = f"the slices are of several {what}"
            raise DamageError(msg)
        for header in headers:
            setattr(header, keyword, first)


def _is_alike(value: Any, first: Any) -> bool:
    return value == first if isinstance(value, str | int) else bool(np.allclose(value, first, atol=_ROUNDED))


def _read_slice(path: Path, patient: str) -> Dataset:
    from pydicom import Dataset

    found = read_elements(path, [*_UIDS, *_PLACE, "SliceThickness", "NumberOfFrames", "Rows", "Columns", "LossyImageCompression"])
    with guard("the DICOM header cannot be used"):
        if int(found.get("NumberOfFrames") or 1) > 1:
            msg = "a file holds several frames, and a segmentation is written for files of one slice each"
            raise DamageError(msg)
        header = Dataset()
        for keyword in _UIDS:
            setattr(header, keyword, _require_uid(found, keyword))
        for keyword, count in _PLACE.items():
            setattr(header, keyword, _require_numbers(found, keyword, count))
        header.SliceThickness = _require_numbers(found, "SliceThickness", 1)[0] if found.get("SliceThickness") else None
        header.Rows, header.Columns = int(found.Rows), int(found.Columns)
        header.LossyImageCompression = "01" if found.get("LossyImageCompression") == "01" else "00"
        for keyword in _EMPTY:
            setattr(header, keyword, "")
        header.PatientID = patient
        return header


def _require_uid(found: Dataset, keyword: str) -> str:
    from pydicom.uid import UID

    uid = found.get(keyword)
    if not uid:
        msg = f"{keyword} is missing"
        raise DamageError(msg)
    # Text that is no number could be a name.
    if not UID(str(uid)).is_valid:
        msg = f"{keyword} is no identifier"
        raise DamageError(msg)
    return str(uid)


def _require_numbers(found: Dataset, keyword: str, count: int) -> list[float]:
    value = found.get(keyword)
    if value is None or value == "":
        msg = f"{keyword} is missing"
        raise DamageError(msg)
    numbers = [float(each) for each in np.atleast_1d(value)]
    is_length = count < 3
    if len(numbers) != count or not np.isfinite(numbers).all() or (is_length and min(numbers) <= 0):
        msg = f"{keyword} is not {count} {'length' if is_length else 'finite number'}{'s' if count > 1 else ''}"
        raise DamageError(msg)
    return numbers
