"""Why a file is not looked at, in a sentence."""

from __future__ import annotations

import re

# How Python writes an open file, with its path.
_OBJECT = re.compile(r"<[^<>]*>")


def say_why(error: Exception) -> str:
    """Put what went wrong with a file into a sentence that does not tell where on this machine the file lies.

    Example:
        >>> say_why(ValueError("the header cannot be read"))
        'The header cannot be read.'
        >>> say_why(FileNotFoundError(2, "No such file or directory", "/home/anna/a.png"))
        'The file cannot be read: no such file or directory.'
    """
    if isinstance(error, OSError) and error.strerror:
        return f"The file cannot be read: {error.strerror.lower()}."
    text = " ".join(_OBJECT.sub("", str(error)).split())
    return as_sentence(text or f"The file cannot be decoded ({type(error).__name__})")


def as_sentence(text: str) -> str:
    """Give a text a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
