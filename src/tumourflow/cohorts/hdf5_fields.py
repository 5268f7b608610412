"""Groups and arrays of an HDF5 file: nothing they say is believed before it is checked."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

from tumourflow.cohorts.hdf5 import UnreadableError
from tumourflow.imaging.read import MAX_PIXELS

if TYPE_CHECKING:
    Group: TypeAlias = Any
    Dataset: TypeAlias = Any

LARGEST = 2 * MAX_PIXELS
"""Bytes that one array may declare: the most pixels that are allowed, at 16 bits."""

LONGEST = 1_000_000
"""Values along one axis of an array."""

_MOST_CHUNKS = 2**14


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
        UnreadableError: When it is a link, no array of numbers, larger than `LARGEST` or longer than `LONGEST`, stored outside the file or
            in a way MATLAB has not.
    """
    import h5py

    found = _follow(parent, name)
    if found is None:
        return None
    if not isinstance(found, h5py.Dataset):
        msg = f"`{name}` is no array"
        raise UnreadableError(msg, finding)
    kind, shape = found.id.get_type(), found.shape
    if kind.get_class() not in {h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM} or kind.get_size() > 8:
        msg = f"`{name}` holds no numbers"
        raise UnreadableError(msg, finding)
    # For an empty array MATLAB stores the numbers of its rows and columns instead.
    if not prod(shape) or h5py.h5a.exists(found.id, b"MATLAB_empty"):
        return None
    if prod(shape) * kind.get_size() > LARGEST or max(shape) > LONGEST:
        msg = f"`{name}` declares {' x '.join(map(str, shape))} values"
        raise UnreadableError(msg, "too_large")
    _require_own_storage(found, kind, name)
    return found


def _follow(parent: Group, name: str) -> Any:
    import h5py

    links = parent.id.links
    if not links.exists(name.encode()):
        return None
    # Another link leads to other files or round in circles; MATLAB writes none.
    if links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
        msg = f"`{name}` is a link, which is not followed"
        raise UnreadableError(msg)
    return parent[name]


def _require_own_storage(array: Dataset, kind: Any, name: str) -> None:
    import h5py

    storage, shape, dtype = array.id.get_create_plist(), array.shape, array.dtype
    layout = storage.get_layout()
    steps = storage.get_chunk() if layout == h5py.h5d.CHUNKED else shape
    unusual = layout == h5py.h5d.VIRTUAL or storage.get_external_count() or not kind.equal(h5py.h5t.py_create(dtype))
    if unusual or (layout == h5py.h5d.CHUNKED and prod(steps) * dtype.itemsize > LARGEST):
        msg = f"`{name}` is stored in a way that MATLAB does not"
        raise UnreadableError(msg)
    chunks = prod(-(-length // step) for length, step in zip(shape, steps, strict=True))
    if chunks > _MOST_CHUNKS:
        msg = f"`{name}` is stored in {chunks} pieces"
        raise UnreadableError(msg, "too_large")
