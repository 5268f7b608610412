"""HDF5 files that anyone may have written are opened here."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import SEEK_END
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from tumourflow.imaging.read import open_file

if TYPE_CHECKING:
    Group: TypeAlias = Any

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_PLACES = (0, 512, 1024, 2048)
_LARGEST = 2**29
"""Bytes of a file; the three arrays of a case take less than that even if they are not compressed."""

# HDF5 is not made for threads.
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
        UnreadableError: When it is empty, no HDF5 file, larger than half a GiB, or damaged.
    """
    with open_file(path) as stream:
        _require_signature(stream)
        content = stream.read()
    with _READING, tell_damage(), _open(content) as file:
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


def _open(content: bytes) -> Any:
    import h5py

    # HDF5 would call the interpreter for every few bytes of a file object.
    try:
        return h5py.File(h5py.h5f.open_file_image(content))
    except ValueError as error:  # which says no more than that there is no file
        msg = "damaged: the file is truncated, or its head is not what it was"
        raise UnreadableError(msg) from error


def _require_signature(stream: BinaryIO) -> None:
    head = stream.read(_PLACES[-1] + len(_SIGNATURE))
    size = stream.seek(0, SEEK_END)
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
    if size > _LARGEST:
        msg = f"the file has {size} bytes, more than the {_LARGEST} that are allowed"
        raise UnreadableError(msg, "too_large")
