"""The values of an HDF5 array, unpacked piece by piece and never beyond what was declared."""

from __future__ import annotations

import zlib
from itertools import product, repeat
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tumourflow.cohorts.hdf5 import UnreadableError
from tumourflow.types import Pixels

if TYPE_CHECKING:
    Dataset: TypeAlias = Any

_DEFLATE, _SHUFFLE = 1, 2


def read_array(array: Dataset) -> Pixels:
    """Read the values of an array that `find_array` has checked, as HDF5 holds them.

    Chunks are unpacked here and not by HDF5, which would unpack whatever a small chunk swells to; besides, other threads work
    meanwhile.

    Returns:
        Array in the machine's byte order.

    Raises:
        UnreadableError: When what is stored is not what the array declares.
    """
    from h5py._objects import phil

    dtype = np.dtype(np.uint8) if array.dtype.kind == "b" else array.dtype
    steps = array.chunks
    if steps is None:
        return np.asarray(array[()]).astype(dtype.newbyteorder("="), copy=False)
    size = prod(steps) * dtype.itemsize
    starts = list(product(*map(range, repeat(0), array.shape, steps)))
    # HDF5 is not made for threads, and h5py does not lock these calls of its own accord.
    with phil:
        filters = _list_filters(array)
        chunks = [_read_chunk(array, start, size) for start in starts]
    values = np.zeros(array.shape, dtype.newbyteorder("="))
    for start, chunk in zip(starts, chunks, strict=True):
        if chunk is not None:
            place = values[tuple(slice(first, first + step) for first, step in zip(start, steps, strict=True))]
            unpacked = _unpack(*chunk, filters, size, dtype.itemsize)
            # A chunk may reach over the edge.
            place[...] = np.frombuffer(unpacked, dtype, prod(steps)).reshape(steps)[tuple(map(slice, place.shape))]
    return values


def _list_filters(array: Dataset) -> list[int]:
    properties = array.id.get_create_plist()
    filters = [int(properties.get_filter(number)[0]) for number in range(properties.get_nfilters())]
    if not set(filters) <= {_DEFLATE, _SHUFFLE}:
        msg = f"compressed in a way that MATLAB does not: HDF5 filters {filters}"
        raise UnreadableError(msg)
    return filters


def _read_chunk(array: Dataset, start: tuple[int, ...], size: int) -> tuple[int, bytes] | None:
    place = array.id.get_chunk_info_by_coord(start)
    if place.byte_offset is None:
        return None
    if place.size > 2 * size + 2**16:
        msg = f"a piece of {size} bytes takes {place.size} in the file"
        raise UnreadableError(msg)
    chunk: tuple[int, bytes] = array.id.read_direct_chunk(start)
    return chunk


def _unpack(skipped: int, packed: bytes, filters: list[int], size: int, itemsize: int) -> bytes:
    for number, code in reversed(list(enumerate(filters))):
        if not skipped >> number & 1:
            packed = _inflate(packed, size) if code == _DEFLATE else _unshuffle(packed, itemsize)
    return packed


def _inflate(packed: bytes, size: int) -> bytes:
    unpacking = zlib.decompressobj()
    unpacked = unpacking.decompress(packed, size)
    if len(unpacked) < size or (not unpacking.eof and unpacking.decompress(unpacking.unconsumed_tail, 1)):
        msg = f"a piece of {size} bytes is of another size once unpacked"
        raise UnreadableError(msg)
    return unpacked


def _unshuffle(packed: bytes, itemsize: int) -> bytes:
    return np.frombuffer(packed, np.uint8).reshape(itemsize, -1).T.tobytes()
