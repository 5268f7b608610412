"""HDF5 files that anyone may have written: nothing they say is believed before it is checked."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from tumourflow.imaging.read import MAX_PIXELS, open_file

if TYPE_CHECKING:
    Group: TypeAlias = Any
    Dataset: TypeAlias = Any

LARGEST = 2 * MAX_PIXELS
"""Bytes that one array may declare: the most pixels that are allowed, at 16 bits."""

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_PLACES = (0, 512, 1024, 2048)
# Threads that read HDF5 through file objects at the same time make the interpreter crash now and then.
_READING = RLock()
_MOST_CHUNKS = 2**14
_DAMAGED = (OSError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, MemoryError, AttributeError, EOFError, zlib.error)


class UnreadableError(ValueError):
    """A file that cannot be used, with the rule of the ledger that this falls under."""

    def __init__(self, evidence: str, finding: str = "undecodable") -> None:
        super().__init__(evidence)
        self.finding = finding


@contextmanager
def open_hdf5(path: Path) -> Iterator[Group]:
    """Open a file to read from; whatever goes wrong inside the block becomes `UnreadableError`.

    Args:
        path: File, possibly in an object store.

    Yields:
        The root group.

    Raises:
        OSError: When the file cannot be opened at all.
        UnreadableError: When it is empty, no HDF5 file, or damaged.
    """
    import h5py

    with _READING, open_file(path) as stream:
        _require_signature(stream)
        try:
            with h5py.File(stream, "r") as file:
                yield file
        except UnreadableError:
            raise
        except _DAMAGED as error:
            msg = f"damaged: {' '.join(str(error).split())[:200] or type(error).__name__}"
            raise UnreadableError(msg) from error


def find_group(parent: Group, name: str) -> Group:
    """Take a group by its name.

    Raises:
        UnreadableError: When there is none, or it is a link.
    """
    import h5py

    found = _follow(parent, name)
    if not isinstance(found, h5py.Group):
        msg = f"there is no struct `{name}` in it"
        raise UnreadableError(msg)
    return found


def find_array(parent: Group, name: str, finding: str = "undecodable") -> Dataset | None:
    """Take an array of numbers by its name and check what it declares; none of its values is read.

    Args:
        parent: Group that holds it.
        name: Its name.
        finding: Rule of the ledger for what is no array of numbers.

    Returns:
        The array, or None where there is none or MATLAB wrote an empty one.

    Raises:
        UnreadableError: When it is a link, no array of numbers, larger than `LARGEST`, stored outside the file or in a way MATLAB has not.
    """
    import h5py

    found = _follow(parent, name)
    if found is None:
        return None
    if not isinstance(found, h5py.Dataset):
        msg = f"`{name}` is no array"
        raise UnreadableError(msg, finding)
    kind = found.id.get_type()
    if kind.get_class() not in {h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM} or kind.get_size() > 8:
        msg = f"`{name}` holds no numbers"
        raise UnreadableError(msg, finding)
    # For an empty array MATLAB stores the numbers of its rows and columns instead.
    if not found.size or "MATLAB_empty" in found.attrs:
        return None
    if found.size * kind.get_size() > LARGEST:
        msg = f"`{name}` declares {' x '.join(map(str, found.shape))} values"
        raise UnreadableError(msg, "too_large")
    _require_own_storage(found, name)
    return found


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


def _follow(parent: Group, name: str) -> Any:
    import h5py

    link = parent.get(name, getlink=True)
    if link is None:
        return None
    # Another link leads to other files or round in circles; MATLAB writes none.
    if not isinstance(link, h5py.HardLink):
        msg = f"`{name}` is a link, which is not followed"
        raise UnreadableError(msg)
    return parent[name]


def _require_own_storage(array: Dataset, name: str) -> None:
    import h5py

    unusual = array.external or array.is_virtual or not array.id.get_type().equal(h5py.h5t.py_create(array.dtype))
    if unusual or (array.chunks and prod(array.chunks) * array.dtype.itemsize > LARGEST):
        msg = f"`{name}` is stored in a way that MATLAB does not"
        raise UnreadableError(msg)
    chunks = prod(-(-length // step) for length, step in zip(array.shape, array.chunks or array.shape, strict=True))
    if chunks > _MOST_CHUNKS:
        msg = f"`{name}` is stored in {chunks} pieces"
        raise UnreadableError(msg, "too_large")
