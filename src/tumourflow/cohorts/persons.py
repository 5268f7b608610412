"""Names of files and folders that tell a person, by what headers say how the person is called and when born."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.imaging.dicom_person import Person

logger = logging.getLogger(__name__)

_LETTERS, _DIGITS = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")
_SUFFIX = re.compile(r"(?:\.nii)?\.[a-z][a-z0-9]{0,5}$", re.IGNORECASE | re.ASCII)
_SHORTEST = 3
"""Letters of the shortest name that counts; in scripts where a sign is a syllable or a word, all count."""
_SHORTEST_ID = 6
"""Signs of the shortest id that counts: a file `1.dcm` is called after its place, not after patient 1."""
_NOBODY = frozenset(
    ("anon", "anonym", "anonymous", "anonymized", "anonymised", "case", "name", "none", "patient", "phantom", "subject", "test", "unknown")
)
"""Words that stand where a name was taken out."""


@lru_cache(maxsize=1024)
def hash_person(person: Person) -> frozenset[str]:
    """Make of a person what tells whether a text names that person, and may be kept, for it shows none of the words.

    Args:
        person: What a header tells.

    Returns:
        Hashes of the names, of the date of birth, and of the ids.

    Example:
        >>> len(hash_person(Person(names=("Meier^Anna",)))), len(hash_person(Person(names=("Anonymous",))))
        (2, 0)
    """
    parts = {part for name in person.names for part in _LETTERS.findall(_fold(name))} - _NOBODY
    names = {part for part in parts if len(part) >= _SHORTEST or not part.isascii()}
    ids = {_as_id(each) for each in map(_join, person.ids) if len(each) >= _SHORTEST_ID}
    return frozenset(map(make_pseudonym, {*names, *person.births, *ids}))


def conceal_file(file: Path, persons: frozenset[str]) -> Path:
    """Put pseudonyms in place of those parts of a path that name a person; the suffix stays.

    Args:
        file: Path as it would be written down.
        persons: What `hash_person` made of every person.

    Returns:
        The path. Whoever has the files finds a part again by its `make_pseudonym`.

    Example:
        >>> anna = hash_person(Person(names=("Meier^Anna",), births=("19801231",)))
        >>> conceal_file(Path("ward 3/Anna Meier/31.12.1980.dcm"), anna).as_posix()
        'ward 3/p4629073a1f/p0e2ab9819f.dcm'
    """
    return Path(*(_conceal_part(part, persons) for part in file.parts)) if persons else file


def warn_of_place(place: Path, parameter: str, persons: frozenset[str]) -> None:
    """Say so where the folder itself names a person: what people type is kept as it is.

    Args:
        place: Folder of the files.
        parameter: That names it.
        persons: As `conceal_file` takes them.
    """
    if any(_tells(part, persons) for part in place.parts):
        logger.warning(
            "A folder in the path that `%s` names is called like a patient whose files lie in it, and MLflow keeps that path:"
            " rename the folder, and delete this run there.",
            parameter,
        )


def _conceal_part(part: str, persons: frozenset[str]) -> str:
    if not _tells(part, persons):
        return part
    stem = _SUFFIX.sub("", part)
    suffix = part.removeprefix(stem)
    return make_pseudonym(part) if _tells(suffix, persons) else make_pseudonym(stem) + suffix


@lru_cache(maxsize=4096)
def _tells(part: str, persons: frozenset[str]) -> bool:
    folded = _fold(part)
    ids = (_as_id(_join(each)) for each in (part, _SUFFIX.sub("", part)))
    dates = (date for digits in _join_neighbours(_DIGITS.findall(folded)) for date in _read_dates(digits))
    names = (run for run in _LETTERS.findall(folded) if _is_name(run, persons))
    return any(make_pseudonym(word) in persons for word in chain(ids, dates)) or any(names)


def _is_name(run: str, persons: frozenset[str]) -> bool:
    # A name, two of them as one word, or one with an initial.
    if make_pseudonym(run) in persons:
        return True
    halves = ((run[:place], run[place:]) for place in range(1, len(run)))
    return any(all(make_pseudonym(half) in persons or len(half) == 1 for half in two) for two in halves if max(map(len, two)) > 1)


def _join_neighbours(numbers: list[str]) -> Iterator[str]:
    yield from numbers
    yield from map("".join, zip(numbers, numbers[1:], numbers[2:], strict=False))


def _read_dates(digits: str) -> Iterator[str]:
    # As DICOM writes dates, whatever the order of year, month and day, and with a century in front of two digits.
    if len(digits) == 8:
        yield from (digits, digits[4:] + digits[2:4] + digits[:2], digits[4:] + digits[:4])
    elif len(digits) == 6:
        yield from (century + date for century in ("19", "20") for date in (digits, digits[4:] + digits[2:4] + digits[:2]))


def _as_id(joined: str) -> str:
    return f"id {joined}"


def _join(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", _fold(text)))


def _fold(text: str) -> str:
    # Headers and names of files write accents and umlauts, leave them out, or have two letters instead: all are taken for one.
    parts = unicodedata.normalize("NFKD", text.casefold())
    return re.sub("([aou])e", r"\1", "".join(sign for sign in parts if not unicodedata.combining(sign)))
