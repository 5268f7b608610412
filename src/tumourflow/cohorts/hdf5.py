"""HDF5 files that anyone may have written are opened here."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from tumourflow.imaging.read import open_file

if TYPE_CHECKING:
    Group: TypeAlias = Any

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_PLACES = (0, 512, 1024, 2048)
# Threads that read HDF5 through file objects at the same time make the interpreter crash now and then.
_READING = RLock()
_DAMAGED = (OSError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, MemoryError, AttributeError, EOFError, zlib.error)


class UnreadableError(ValueError):
    """A file that cannot be used, with the rule of the ledger that this falls under."""

    def __init__(self, evidence: str, finding: str = "undecodable") -> None:
        super().__init__(evidence)
        self.finding = finding


@contextmanager
def open_hdf5(path: Path) -> Iterator[Group]:
    """Open a file to read from; whatever goes wrong inside the block becomes `UnreadableError`.

    Other threads wait meanwhile, so nothing should be done inside that can be done after it.

    Args:
        path: File, possibly in an object store.

    Yields:
        The root group.

    Raises:
        OSError: When the file cannot be opened at all.
        UnreadableError: When it is empty, no HDF5 file, or damaged.
    """
    import h5py

    with open_file(path) as stream:
        _require_signature(stream)
        with _READING, tell_damage(), h5py.File(stream, "r") as file:
            yield file


@contextmanager
def tell_damage() -> Iterator[None]:
    """Make `UnreadableError` of whatever a damaged file makes HDF5 raise.

    Raises:
        UnreadableError: In the place of all these errors.

    Example:
        >>> with tell_damage():
        ...     raise KeyError("no such piece")
        Traceback (most recent call last):
        tumourflow.cohorts.hdf5.UnreadableError: damaged: 'no such piece'
    """
    try:
        yield
    except UnreadableError:
        raise
    except _DAMAGED as error:
        msg = f"damaged: {' '.join(str(error).split())[:200] or type(error).__name__}"
        raise UnreadableError(msg) from error


def _require_signature(stream: BinaryIO) -> None:
    head = stream.read(_PLACES[-1] + len(_SIGNATURE))
    stream.seek(0)
    if not head:
        msg = "the file is empty"
        raise UnreadableError(msg, "empty")
    if head.startswith(b"MATLAB 5"):
        msg = "a MAT file older than version 7.3: save it with `-v7.3`"
        raise UnreadableError(msg)
    if not any(head[place:].startswith(_SIGNATURE) for place in _PLACES):
        msg = "no HDF5 file, which a MAT file of version 7.3 is"
        raise UnreadableError(msg)
