"""The beginning of a DICOM file, as far as it tells whom the file is of, however damaged the rest may be."""

from __future__ import annotations

import io
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.dicom import DEFLATED, Bounded, silence
from tumourflow.imaging.dicom_person import PERSON_TAGS, Person, describe_person
from tumourflow.imaging.read import open_file

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.tag import BaseTag

_PATIENT = 0x0010
"""Group of the elements that tell a person."""
_LONGEST = 2**20
"""Bytes of a deflated file that are inflated: nobody knows how many there are."""
_PREAMBLE = 132
"""Bytes in front of the elements, which some files lack."""
_META, _IDENTIFYING = b"\x02\0", b"\x08\0"
"""Groups that elements begin with."""


def read_person(path: Path) -> Person:
    """Read whom a file is of; nothing where it does not say so, or is no DICOM file.

    Args:
        path: Any file. Of a damaged one counts what lies in front of the damage.
    """
    silence()
    try:
        with guard("the DICOM header cannot be read"), open_file(path) as stream:
            return describe_person(_read_patient(Bounded(stream)))
    except (DamageError, OSError):
        return Person()


def _read_patient(stream: Bounded) -> Dataset:
    from pydicom import Dataset
    from pydicom.filereader import read_dataset, read_preamble
    from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

    binary, syntax = cast("BinaryIO", stream), ""
    begin = _PREAMBLE if read_preamble(binary, force=True) else 0
    stream.seek(begin)
    group = stream.read(2)
    if not begin and group not in (_META, _IDENTIFYING):
        return Dataset()
    stream.seek(begin)
    if group == _META:
        syntax = str(read_dataset(binary, False, True, stop_when=lambda tag, _, __: tag.group != 2).get("TransferSyntaxUID", ""))
        begin = stream.tell()
    if syntax == DEFLATED:
        return _gather(io.BytesIO(zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream.read(), _LONGEST)), implicit=False, little=True)
    letters = stream.read(6)[4:]
    stream.seek(begin)
    # Where nobody says so, two letters behind the tag tell that elements name their kind.
    implicit = syntax == ImplicitVRLittleEndian if syntax else not letters.isupper()
    return _gather(binary, implicit=implicit, little=syntax != ExplicitVRBigEndian)


def _gather(stream: BinaryIO, *, implicit: bool, little: bool) -> Dataset:
    from pydicom import Dataset
    from pydicom.filereader import data_element_generator
    from pydicom.tag import Tag

    wanted: list[BaseTag | int] = [Tag(keyword) for keyword in ("SpecificCharacterSet", *PERSON_TAGS)]
    found: dict[BaseTag, Any] = {}
    with suppress(Exception):  # what lies in front of the damage counts
        for element in data_element_generator(stream, implicit, little, stop_when=lambda tag, _, __: tag.group > _PATIENT):
            if element.tag in wanted:
                found[element.tag] = element
    return Dataset(found)
