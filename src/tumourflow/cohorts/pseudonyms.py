"""Names for patients that do not show what they were made of, and who among them is probably one person."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping

_MEMBER = re.compile(r"(?P<stem>.*\d)[A-Za-z]", re.DOTALL)
SEQUENCES = ("t1", "t1w", "t1n", "t1c", "t1ce", "t1gd", "t2", "t2w", "t2f", "flair", "pd", "dwi", "adc", "swi")
"""How sequences are called."""
_SEQUENCE = re.compile(rf"(?P<stem>.*\w)[ ._-](?:{'|'.join(SEQUENCES)})", re.DOTALL | re.IGNORECASE)


def make_pseudonym(patient: str) -> str:
    """Make a name for a patient that does not show what it was made of, for an id or a file's name may be a person's name.

    It is the same in every run and on every machine, so that splits and cohorts fit together. It is no anonymity: whoever has a list of
    the ids can find out which is whose.

    Args:
        patient: Whatever the patient is called in the raw data.

    Returns:
        `p` and 10 hexadecimal digits of the SHA-256.

    Example:
        >>> make_pseudonym("Meier^Anna")
        'p0cf9778611'
    """
    # The name of a file may hold bytes that are no text.
    digest = hashlib.sha256(patient.encode(errors="surrogateescape")).hexdigest()
    return f"p{digest[:10]}"


def find_stem(patient: str) -> str:
    """Find what the ids have in common that are probably one person's: all but a sequence and a letter after the last digit.

    Example:
        >>> find_stem("MR040240B"), find_stem("MR040240"), find_stem("Anna"), find_stem("Anna_t1")
        ('MR040240', 'MR040240', 'Anna', 'Anna')
    """
    for member in (_SEQUENCE, _MEMBER):
        match = member.fullmatch(patient)
        patient = match["stem"] if match else patient
    return patient


def fold_stem(patient: str) -> str:
    """Find what is the same in all ids that are probably one person's: the stem, whatever its capitals, number of blanks, form of letters.

    Systems store an accent in its letter or behind it, and nobody sees which.

    Example:
        >>> fold_stem("Jose\u0301  1B") == fold_stem("jos\u00e9 1")
        True
    """
    return find_stem(" ".join(unicodedata.normalize("NFKC", patient).split())).casefold()


def disguise_stem(patient: str) -> str:
    """Make a pseudonym of what a patient's id has in common with those of the same person, see `fold_stem`.

    Example:
        >>> disguise_stem("MR040240B") == disguise_stem("mr040240")
        True
    """
    return make_pseudonym(fold_stem(patient))


def relate_pseudonyms(stems: Mapping[str, str]) -> dict[str, str]:
    """Find patients that are probably one person, where only their pseudonyms are left.

    Args:
        stems: Of each pseudonym what `disguise_stem` made of the same id.

    Returns:
        For each that has relatives the name of the family: the first of their pseudonyms.

    Example:
        >>> relate_pseudonyms({"p2": "pa", "p1": "pa", "p3": "pb"})
        {'p1': 'p1', 'p2': 'p1'}
    """
    families: dict[str, list[str]] = {}
    for patient in sorted(stems):
        families.setdefault(stems[patient], []).append(patient)
    return {patient: family[0] for family in families.values() if len(family) > 1 for patient in family}
