"""The beginning of a DICOM file, as far as it tells whom the file is of, however damaged the rest may be."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

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
_BARE = (b"\x02\0", b"\x08\0")
"""How files begin that lack the preamble."""


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
    from pydicom.filereader import read_dataset, read_partial, read_preamble
    from pydicom.tag import Tag

    def is_behind(tag: BaseTag, vr: str | None, length: int) -> bool:
        del vr, length
        return tag.group > _PATIENT

    wanted: list[BaseTag | int] = [Tag(keyword) for keyword in PERSON_TAGS]
    binary = cast("BinaryIO", stream)
    if read_preamble(binary, force=True):
        meta = read_dataset(binary, False, True, stop_when=lambda tag, _, __: tag.group != 2)
        if str(meta.get("TransferSyntaxUID", "")) == DEFLATED:
            begun = io.BytesIO(zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream.read(), _LONGEST))
            return read_dataset(begun, False, True, stop_when=is_behind, specific_tags=wanted)
    elif stream.read(2) not in _BARE:
        return Dataset()
    stream.seek(0)
    return read_partial(binary, stop_when=is_behind, force=True, specific_tags=wanted)
