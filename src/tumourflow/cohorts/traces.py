"""What in a name of a file may be a person's name, date of birth or id, however it is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from tumourflow.cohorts.pseudonyms import SEQUENCES

_WORD, _NUMBER = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_PLAIN_DATE = re.compile(r"(?<![^\W_])\d{6}(?![^\W_])")
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "okt": 10}
_MONTHS |= {"nov": 11, "dec": 12, "dez": 12}
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "đ": "d", "ð": "d", "þ": "th"})
_NO_TEXT = re.compile(r"[\udc80-\udcff]|\\udc[89a-f][0-9a-f]")
"""A byte that is no UTF-8, as Python has it in a name, or as it is written down."""

_SHORTEST_NAME, _SHORTEST_INSIDE, _SHORTEST_ID, _SHORTEST_NUMBER = 3, 4, 6, 7
"""Letters of a name, of one in the middle of a word, signs of an id, digits of one that is a number: `IM000012` is a place in a series.
In scripts where a sign is a syllable or a word, every name counts."""
_LONGEST_WORD, _MOST_TOKENS = 64, 24
"""Letters of a word, words and numbers of a name of a file, that are looked at."""
_NOBODY = frozenset(SEQUENCES) | {
    *("anon", "anonym", "anonymous", "anonymized", "anonymised", "brain", "breast", "case", "control", "dcm", "dicom", "exam", "female"),
    *("head", "healthy", "image", "images", "male", "mri", "name", "none", "normal", "patient", "phantom", "scan", "sequence", "series"),
    *("slice", "slices", "study", "subj", "subject", "test", "unknown", "volunteer", "volume"),
}
"""Words that stand where a name was taken out."""


def list_name_traces(name: str) -> Iterator[str]:
    """List the words that tell a person, of a name as headers have it, `family^given`.

    Example:
        >>> sorted(list_name_traces("Müller^Li")), list(list_name_traces("Anonymous"))
        (['li muller', 'muller', 'muller li'], [])
    """
    words = [word for word in _WORD.findall(unicodedata.normalize("NFKC", name).casefold()) if word not in _NOBODY]
    yield from (fold(word) for word in words if len(word) >= _SHORTEST_NAME or _is_of_signs(word))
    for first, second in pairwise(words):
        yield from (f"{fold(first)} {fold(second)}", f"{fold(second)} {fold(first)}")


def list_id_traces(identifier: str) -> Iterator[str]:
    """List what tells an id, which is nothing where it is short; what issued it may stand behind `^`.

    Example:
        >>> list(list_id_traces("KH-4711-X")), list(list_id_traces("0012345678^^^H")), list(list_id_traces("17"))
        (['id kh4711x'], ['id 0012345678h', 'id 12345678'], [])
    """
    for text in dict.fromkeys((identifier, identifier.partition("^")[0])):
        yield from _write_id("".join(_TOKEN.findall(fold(text))))


def list_traces(part: str) -> Iterator[str]:
    """List all by which a part of a path may tell somebody: words, dates as `YYYYMMDD`, ids.

    Example:
        >>> traces = set(list_traces("MRMeier Anna 31.12.1980"))
        >>> {"meier", "anna", "19801231"} <= traces
        True
    """
    for text in dict.fromkeys((part, _HUMP.sub(" ", part))):
        words = [word[:_LONGEST_WORD] for word in (*_WORD.findall(fold(text)), *_WORD.findall(_strip(text)))]
        yield from (trace for word in dict.fromkeys(words) for trace in _look_into(word))
        yield from map(" ".join, pairwise(_WORD.findall(fold(text))))
    folded = fold(part)
    yield from _list_dates(folded)
    tokens = _TOKEN.findall(folded)[:_MOST_TOKENS]
    for start in range(len(tokens)):
        for end in range(start + 1, len(tokens) + 1):
            yield from _write_id("".join(tokens[start:end]))


def fold(text: str) -> str:
    """Write a text as all do who mean the same: without capitals, accents and umlauts, which headers and names of files may lack.

    Example:
        >>> fold("Müller"), fold("MUELLER"), fold("Søren")
        ('muller', 'muller', 'soren')
    """
    return re.sub("([aou])e", r"\1", _strip(text))


def _strip(text: str) -> str:
    # Bytes that are no UTF-8 are those of an older system.
    text = _NO_TEXT.sub(lambda found: chr(int(found[0][-2:], 16) if len(found[0]) > 1 else ord(found[0]) - 0xDC00), text)
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _is_of_signs(word: str) -> bool:
    return any(unicodedata.name(sign, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL")) for sign in word)


def _look_into(word: str) -> Iterator[str]:
    # With an initial in front of it or behind it, or among other words that are written as one.
    yield from (word, word[1:], word[:-1])
    shortest = 1 if _is_of_signs(word) else _SHORTEST_INSIDE
    for length in range(shortest, len(word)):
        yield from (word[start : start + length] for start in range(len(word) - length + 1))


def _write_id(joined: str) -> Iterator[str]:
    if len(joined) >= (_SHORTEST_NUMBER if joined.isdecimal() else _SHORTEST_ID):
        # Systems differ in how many noughts they write in front.
        yield f"id {joined.lstrip('0') if joined.isdecimal() else joined}"


def _list_dates(text: str) -> Iterator[str]:
    for number in _NUMBER.findall(text):
        for eight in (number[start : start + 8] for start in range(len(number) - 7)):
            yield from (eight, eight[4:] + eight[2:4] + eight[:2], eight[4:] + eight[:4])
    for six in _PLAIN_DATE.findall(text):
        yield from _order(six[:2], six[2:4], six[4:])
    numbers = [str(_MONTHS.get(token[:3], "")) if token.isalpha() else token for token in _TOKEN.findall(text)]
    dates = [number for number in numbers if number]
    for first, second, third in zip(dates, dates[1:], dates[2:], strict=False):
        yield from _order(first, second, third)
        yield from _order(second, first, third)


def _order(first: str, second: str, third: str) -> Iterator[str]:
    for year, month, day in ((first, second, third), (third, second, first), (third, first, second)):
        if len(month) <= 2 and len(day) <= 2 and len(year) in (2, 4):
            centuries = ("",) if len(year) == 4 else ("19", "20")
            yield from (f"{century}{year}{int(month):02}{int(day):02}" for century in centuries)
