"""Damage in files whose headers may name a person: what is said of it quotes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tumourflow.imaging.read import TooLargeError


class DamageError(ValueError):
    """A file cannot be used; nothing of its header's text is in the message."""


@contextmanager
def guard(what: str) -> Iterator[None]:
    """Turn whatever a library raises of a damaged file into an error that does not quote the file.

    Args:
        what: What cannot be done, for the message.

    Raises:
        DamageError: With `what` and the kind of the library's error. Errors that quote nothing already pass as they are.

    Example:
        >>> with guard("the header cannot be read"):
        ...     raise KeyError("Anna Smith")
        Traceback (most recent call last):
        tumourflow.imaging.damage.DamageError: the header cannot be read (KeyError)
    """
    try:
        yield
    except (DamageError, TooLargeError):
        raise
    except Exception as error:  # damaged files make libraries raise nearly everything
        msg = f"{what} ({type(error).__name__})"
        raise DamageError(msg) from None
