"""Who a DICOM file is of: looked at so that names of files which tell it can be concealed, and never written anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

_NAMES = ("PatientName", "PatientBirthName", "OtherPatientNames")
_IDS = ("PatientID", "OtherPatientIDs")
_BIRTH = ("PatientBirthDate",)
_DATE = 8
_LONGEST = 5 * 64
"""Letters of a name in three scripts, and more; where a length is damaged, half of the file follows."""

PERSON_TAGS = [*_NAMES, *_IDS, *_BIRTH]
"""All that is looked at."""


@dataclass(frozen=True)
class Person:
    """What a header tells of a person.

    Attributes:
        names: As `family^given^middle`, in each script that the header has.
        births: Dates of birth as `YYYYMMDD`.
        ids: Whatever identifies the person.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    births: tuple[str, ...] = field(default=(), repr=False)
    ids: tuple[str, ...] = field(default=(), repr=False)


def describe_person(dataset: Dataset) -> Person:
    """Take from a header whom it is of.

    Args:
        dataset: The elements `PERSON_TAGS`, as far as there are any that can be read.

    Returns:
        The person; nothing where the header tells of none.
    """
    return Person(
        names=tuple(script for text in _list_texts(dataset, _NAMES) for script in _decode(text).split("=") if script),
        births=tuple(date for text in _list_texts(dataset, _BIRTH) if len(date := re.sub(r"\D", "", text)) == _DATE),
        ids=tuple(_list_texts(dataset, _IDS)),
    )


def _decode(text: str) -> str:
    # Many write UTF-8 without saying so.
    with suppress(UnicodeError):
        return text.encode("latin-1").decode()
    return text


def _list_texts(dataset: Dataset, keywords: tuple[str, ...]) -> Iterator[str]:
    for keyword in keywords:
        # pydicom raises nearly everything of a damaged element, for whose sake no picture is to be lost.
        with suppress(Exception):
            value = dataset.get(keyword)
            several = value if hasattr(value, "append") else [value]
            texts = [str(each).strip() for each in several if each is not None]
            yield from (text for text in texts if 0 < len(text) <= _LONGEST)
