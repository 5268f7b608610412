"""What each file among DICOM files is, and whom it is of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tumourflow.cohorts.case import Rejected
from tumourflow.cohorts.persons import hash_person
from tumourflow.cohorts.pseudonyms import disguise_stem, make_pseudonym
from tumourflow.imaging.dicom import is_dicom, read_header
from tumourflow.imaging.dicom_beginning import read_person
from tumourflow.imaging.dicom_header import Header
from tumourflow.imaging.dicom_masks import Segmentation, read_segmentation
from tumourflow.imaging.dicom_person import Person
from tumourflow.imaging.read import TooLargeError

_SUFFIXES = frozenset({".dcm", ".dicom", ".ima"})


class Looked(NamedTuple):
    """What a file turned out to be.

    Attributes:
        found: The header of a picture or of a segmentation, or why it cannot be used; none where it is no DICOM file.
        persons: What tells its patient in names of files, see `hash_person`.
    """

    found: Header | Segmentation | Rejected | None
    persons: frozenset[str]


def look_at(root: Path, path: Path) -> Looked:
    """Look at a file.

    Args:
        root: Folder of the files.
        path: Relative to it.

    Returns:
        What it is. The header has the PatientID, but nothing else of the person.
    """
    found = _read(root, path)
    if isinstance(found, Header):
        return Looked(replace(found, person=Person()), hash_person(found.person))
    # Of what is damaged, or no picture, the name is not written down either.
    return Looked(found, hash_person(read_person(root / path)))


def look_at_known(root: Path, path: Path) -> Looked:
    """Look at a file whose patient has to be known; a pseudonym takes the place of the PatientID, for this is kept on disk."""
    found, persons = look_at(root, path)
    return Looked(_accept(path, found) if isinstance(found, Header) else found, persons)


def unite_persons(looked: Iterable[Looked]) -> frozenset[str]:
    """Put together what tells any of the patients."""
    return frozenset().union(*{each.persons for each in looked})


def _read(root: Path, path: Path) -> Header | Segmentation | Rejected | None:
    try:
        if not is_dicom(root / path):
            return _refuse_other(root, path)
        found = read_header(root / path) or read_segmentation(root / path)
    except TooLargeError as error:
        return Rejected(path, "too_large", str(error))
    except ValueError as error:
        return Rejected(path, "undecodable", str(error))
    except OSError as error:
        return Rejected(path, "undecodable", f"the file cannot be opened ({type(error).__name__})")
    return found or Rejected(path, "stray", "a DICOM file without a picture")


def _accept(path: Path, header: Header) -> Header | Rejected:
    if not header.patient:
        return Rejected(path, "bad_patient_id", "PatientID is missing or no text")
    return replace(header, patient=make_pseudonym(header.patient), stem=disguise_stem(header.patient))


def _refuse_other(root: Path, path: Path) -> Rejected | None:
    if path.suffix.lower() not in _SUFFIXES:
        return None
    if not (root / path).stat().st_size:
        return Rejected(path, "empty", "0 bytes")
    return Rejected(path, "undecodable", "no DICOM file, whatever its suffix says")
