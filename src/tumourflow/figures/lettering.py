"""Text in figures and on pages: lines that are too long, names that are too long, and numbers of whatever is counted."""

from __future__ import annotations

from textwrap import fill

_LONGEST_LINE = 26


def wrap(text: str, longest: int = _LONGEST_LINE) -> str:
    r"""Break the lines of a text that are longer, within a word where need be: an identifier may have 64 letters and no blank.

    Example:
        >>> wrap("best\npituitary adenoma", 10)
        'best\npituitary\nadenoma'
    """
    return "\n".join(fill(line, longest) for line in text.split("\n"))


def shorten(name: str) -> str:
    """Cut a long name, but for its end, by which names that begin alike differ.

    Example:
        >>> shorten("segmentation-of-everything-at-night-8c1f00")
        'segmentation-of-ev…-8c1f00'
    """
    return name if len(name) <= _LONGEST_LINE else f"{name[: _LONGEST_LINE - 8]}…{name[-7:]}"


def count(number: int, one: str, many: str = "") -> str:
    """Say how many there are.

    Example:
        >>> count(1, "patient"), count(1094, "slice"), count(2, "study", "studies")
        ('1 patient', '1,094 slices', '2 studies')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
