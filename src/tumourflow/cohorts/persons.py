"""Names of files and folders that tell a person, by what headers say how the person is called and when born."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from pathlib import Path

from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.cohorts.traces import list_id_traces, list_name_traces, list_traces
from tumourflow.imaging.dicom_person import Person

logger = logging.getLogger(__name__)

_SUFFIX = re.compile(
    r"(?:\.(?:dcm|dicom|ima|png|jpe?g|tiff?|bmp|gif|webp|mat|h5|nii|nrrd|mha|csv|txt|json|xml|pdf|zip|gz))+$", re.IGNORECASE | re.ASCII
)
"""What stays behind a pseudonym; anything else may be a part of a name."""
_PSEUDONYM = re.compile(r"p[0-9a-f]{10}")
_SEPARATE = re.compile(r"[^\s,;:()\"']+")


@lru_cache(maxsize=1024)
def hash_person(person: Person) -> frozenset[str]:
    """Make of a person what tells whether a text names that person, and may be kept, for it shows none of the words.

    Args:
        person: What a header tells.

    Returns:
        Hashes of the names, of the date of birth, and of the ids.

    Example:
        >>> len(hash_person(Person(names=("Meier^Anna",)))), len(hash_person(Person(names=("Anonymous",))))
        (4, 0)
    """
    names = {trace for name in person.names for trace in list_name_traces(name)}
    ids = {trace for identifier in person.ids for trace in list_id_traces(identifier)}
    return frozenset(map(make_pseudonym, {*names, *person.births, *ids}))


def conceal_file(file: Path, persons: frozenset[str]) -> Path:
    """Put pseudonyms in place of those parts of a path that name a person; the suffix stays.

    Args:
        file: Path as it would be written down.
        persons: What `hash_person` made of every person.

    Returns:
        The path, which concealed once more stays as it is. Whoever has the files finds a part again by its `make_pseudonym`.

    Example:
        >>> anna = hash_person(Person(names=("Meier^Anna",), births=("19801231",)))
        >>> conceal_file(Path("ward 3/Anna Meier/31.12.1980.dcm"), anna).as_posix()
        'ward 3/p4629073a1f/p0e2ab9819f.dcm'
    """
    return Path(*(_conceal_part(part, persons) for part in file.parts)) if persons else file


def conceal_words(text: str, persons: frozenset[str]) -> str:
    """Conceal whatever tells a person in a text that somebody wrote, for it may name files.

    Example:
        >>> conceal_words("same person as Meier/1.dcm: seen", hash_person(Person(names=("Meier^Anna",))))
        'same person as p05c2d2b4ca/1.dcm: seen'
    """
    return _SEPARATE.sub(lambda word: conceal_file(Path(word[0]), persons).as_posix() if _names(word[0], persons) else word[0], text)


def conceal_mentions(text: str, file: Path, persons: frozenset[str]) -> str:
    """Conceal a file's name, and its suffix, where a text about the file quotes them.

    Example:
        >>> anna = hash_person(Person(names=("Meier^Anna",)))
        >>> conceal_mentions("`meier.tif` has 3 pages.", Path("a/meier.tif"), anna)
        '`pd6627d040c.tif` has 3 pages.'
    """
    if persons:
        for quoted in (file.as_posix(), file.name, file.suffix):
            if quoted and _names(quoted, persons):
                text = text.replace(quoted, conceal_file(Path(quoted), persons).as_posix())
    return text


def warn_of_place(place: Path, parameter: str, persons: frozenset[str]) -> None:
    """Say so where what was typed names a person, for it is kept as it is.

    Args:
        place: What the parameter names.
        parameter: Its name.
        persons: As `conceal_file` takes them.
    """
    if _names(str(place), persons):
        logger.warning(
            "The path that `%s` names has a part that is called like a patient whose files lie there, and MLflow keeps that path:"
            " rename it, and delete this run there.",
            parameter,
        )


def _conceal_part(part: str, persons: frozenset[str]) -> str:
    if not _tells(part, persons):
        return part
    stem = _SUFFIX.sub("", part)
    suffix = part.removeprefix(stem)
    return make_pseudonym(stem) + suffix


def _names(path: str, persons: frozenset[str]) -> bool:
    return bool(persons) and any(_tells(part, persons) for part in Path(path).parts)


@lru_cache(maxsize=4096)
def _tells(part: str, persons: frozenset[str]) -> bool:
    # Among the digits and letters of pseudonyms stands an Ada now and then.
    return not _PSEUDONYM.fullmatch(_SUFFIX.sub("", part)) and any(make_pseudonym(trace) in persons for trace in list_traces(part))
