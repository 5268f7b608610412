"""The files of an input become volumes of patients; pixels are read when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tumourflow.cohorts.label_folders import lies_among_labels
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

Form = Literal["picture", "mat", "nifti", "dicom"]

MASK = re.compile(r"(?:.*[_-])?(?:mask|seg|segmentation)(?:_\d+)?", re.IGNORECASE)
"""Stems of files that are masks by their name: `anna_3_mask`, `benign (1)_mask_1`, `anna_seg`."""

_TRAILING = re.compile(r"(\d+)\D?$")
_FORMS: dict[str, Form] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"), "picture"),
    ".mat": "mat",
    ".nii": "nifti",
    **dict.fromkeys((".dcm", ".dicom", ".ima", ""), "dicom"),
}
_WITH_FRACTIONS = (".tif", ".tiff")
"""Pictures whose values may be floating-point numbers."""
_LONGEST = 255
"""Bytes of the name of a file."""
_ADDED, _NUMBERED = "_mask.png", "-12345_mask.png"
"""What names of masks have besides that of the image; files of several images have a number."""


@dataclass(frozen=True)
class InputSlice:
    """An image that is looked at.

    Attributes:
        source: Path of its file relative to the input, as it may be written down, and behind `#` its number in a file of several, counted
            from 0.
        number: Place in the volume; numbers that follow one another are neighbours in space.
        spacing: Height and width of a pixel in millimetres, where known.
        load: Reads it, `(height, width)` or `(height, width, channels)`, values beyond 8 bits through the window of some options. Raises
            `OSError` or `ValueError` where it cannot be decoded.
        frame: Its number in a file of several.
    """

    source: str
    number: int
    spacing: tuple[float, float] | None
    load: Callable[[IngestionOptions], Pixels] = field(repr=False, compare=False)
    frame: int | None = None

    @property
    def file(self) -> str:
        """Path of its file relative to the input, as it may be written down."""
        return self.source if self.frame is None else self.source.removesuffix(f"#{self.frame}")

    @property
    def mask(self) -> str:
        """Path of its mask's file, which no other image has.

        Example:
            >>> InputSlice("anna/3.tif", 3, None, list).mask, InputSlice("anna.nii.gz#7", 7, None, list, frame=7).mask
            ('anna/3.tif_mask.png', 'anna.nii.gz-7_mask.png')
        """
        if self.frame is None:
            return f"{self.source}_mask.png"
        # Frame 2 of `IM-1` is not taken for the file `IM-1-2`, and a file `IM-1.2` would be no image.
        return f"{self.file}{'-' if split_name(Path(self.file))[1] else '.'}{self.frame}_mask.png"


@dataclass(frozen=True)
class InputVolume:
    """Images that are measured together: the pictures of a folder, a NIfTI file, a DICOM series.

    Attributes:
        patient: Whose they are.
        form: How they are stored.
        root: Folder of the input.
        files: Relative to the input.
        slices: In order.
        stamp: Changes whenever one of the files does.
    """

    patient: str
    form: Form
    root: Path = field(repr=False)
    files: tuple[Path, ...]
    slices: tuple[InputSlice, ...]
    stamp: str

    @property
    def has_window(self) -> bool:
        """Whether its values may need a window to be seen."""
        return self.form != "picture" or any(split_name(file)[1] in _WITH_FRACTIONS for file in self.files)


@dataclass(frozen=True)
class PassedOver:
    """A file that no model is shown.

    Attributes:
        source: Path relative to the input.
        status: `refused` where it is not meant as an image, such as a mask, `unreadable` where nothing here can read it.
        reason: A sentence that says why.
    """

    source: str
    status: Literal["refused", "unreadable"]
    reason: str


def sort_files(files: Iterable[Path]) -> tuple[dict[Form, list[Path]], list[PassedOver]]:
    """Sort files by what their names say they are.

    Args:
        files: Relative to the input.

    Returns:
        Files that may be images by their form, and those that are none, or whose masks could have no name. Files without a suffix may be
        DICOM.

    Example:
        >>> sorted_files, passed_over = sort_files([Path("a/1.tif"), Path("a/1_mask.tif"), Path("notes.txt")])
        >>> sorted_files, [each.source for each in passed_over]
        ({'picture': [PosixPath('a/1.tif')]}, ['a/1_mask.tif', 'notes.txt'])
    """
    forms: dict[Form, list[Path]] = {}
    passed_over: list[PassedOver] = []
    for file in files:
        stem, suffix = split_name(file)
        form = _FORMS.get(suffix)
        if form is None:
            reason = f"No image by its suffix ({_write_name(Path(suffix))}): PNG, JPEG, TIFF, BMP, MAT, DICOM and NIfTI are read."
            passed_over.append(PassedOver(_write_name(file), "unreadable", reason))
        elif MASK.fullmatch(stem) and form != "dicom":
            passed_over.append(PassedOver(_write_name(file), "refused", "A mask by its name, no image."))
        elif lies_among_labels(file) and form != "dicom":
            passed_over.append(PassedOver(_write_name(file), "refused", "A mask by the name of its folder, no image."))
        elif fault := _find_fault(file, form):
            passed_over.append(PassedOver(_write_name(file), "unreadable", fault))
        else:
            forms.setdefault(form, []).append(file)
    return forms, passed_over


def may_be_dicom(file: Path) -> bool:
    """Tell whether a name leaves open that a file is DICOM.

    Example:
        >>> may_be_dicom(Path("a.dcm")), may_be_dicom(Path("a.001")), may_be_dicom(Path("a_mask.png"))
        (True, True, False)
    """
    return _FORMS.get(split_name(file)[1], "dicom") == "dicom"


def _write_name(file: Path) -> str:
    # A table is text: bytes of a name that are none are written as numbers.
    return file.as_posix().encode(errors="backslashreplace").decode()


def _find_fault(file: Path, form: Form) -> str:
    if _write_name(file) != file.as_posix():
        return "Its name, or that of its folder, is no text in UTF-8: rename it."
    room = _LONGEST - len(_NUMBERED if form in ("nifti", "dicom") else _ADDED)
    length = len(file.name.encode())
    return f"Its name has {length} bytes, and a mask of it could have no name: shorten it to {room}." if length > room else ""


def split_name(file: Path) -> tuple[str, str]:
    """Take the suffix off a name, `.nii.gz` as one, in small letters.

    Example:
        >>> split_name(Path("a/b_1.NII.gz")), split_name(Path("c.d.png"))
        (('b_1', '.nii'), ('c.d', '.png'))
    """
    name = file.name[:-3] if file.name.lower().endswith(".nii.gz") else file.name
    path = Path(name)
    return path.stem, path.suffix.lower()


def group_by_patient(files: Iterable[Path]) -> list[tuple[str, list[Path]]]:
    """Tell whose the files are: those of one folder belong to one patient, and a file at the top stands for itself.

    Args:
        files: Relative to the input.

    Returns:
        Patients with their files in the order of their slices: by the number at the end of the name. A file at the top may have the name of
        a folder, or of another file but for the suffix: whoever it is of, it is no slice among theirs.

    Example:
        >>> group_by_patient([Path("a/x_10.png"), Path("a/x_9.png"), Path("b.png")])
        [('a', [PosixPath('a/x_9.png'), PosixPath('a/x_10.png')]), ('b', [PosixPath('b.png')])]
    """
    groups: dict[Path, list[Path]] = {}
    for file in files:
        groups.setdefault(file if file.parent == Path() else file.parent, []).append(file)
    return [(name_patient(group[0]), sorted(group, key=_order)) for group in groups.values()]


def name_patient(file: Path) -> str:
    """Name the patient of a file.

    Example:
        >>> name_patient(Path("ward 3/anna/1.png")), name_patient(Path("anna.nii.gz"))
        ('ward 3/anna', 'anna')
    """
    folder = file.parent.as_posix()
    return split_name(file)[0] if folder == "." else folder


def number_files(files: Iterable[Path]) -> list[int]:
    """Number the slices of a patient by the numbers at the end of their names, where all have one of their own; else 0, 1, ...

    Example:
        >>> number_files([Path("x_9.png"), Path("x_11.png")]), number_files([Path("x.png"), Path("y_7.png")])
        ([9, 11], [0, 1])
    """
    numbers = [_find_number(file) for file in files]
    known = [number for number in numbers if number >= 0]
    return numbers if len(set(known)) == len(numbers) else list(range(len(numbers)))


def _order(file: Path) -> tuple[int, str]:
    return _find_number(file), file.as_posix()


def _find_number(file: Path) -> int:
    # The bracket behind the number of busi's names, `benign (12)`, belongs to it.
    match = _TRAILING.search(split_name(file)[0])
    return int(match[1]) if match else -1
