"""The values of an HDF5 array, unpacked piece by piece and never beyond what was declared."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import product, repeat
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tumourflow.cohorts.hdf5 import UnreadableError, tell_damage
from tumourflow.types import Pixels

if TYPE_CHECKING:
    Dataset: TypeAlias = Any

_DEFLATE, _SHUFFLE = 1, 2


@dataclass(frozen=True)
class Packed:
    """An array as it lies in its file, which need not be open any more.

    Attributes:
        shape: As HDF5 holds it, which is MATLAB's in reverse.
        dtype: Of the stored values, of whatever byte order.
        steps: Shape of a piece.
        pieces: For each piece its first indices, the filters that it was not passed through (bits), and its bytes. Pieces that were
            never written are missing, and zero.
        filters: Codes of HDF5's filters, in the order in which they were applied.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    steps: tuple[int, ...]
    pieces: tuple[tuple[tuple[int, ...], int, bytes], ...]
    filters: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Number of values."""
        return prod(self.shape)

    def unpack(self) -> Pixels:
        """Compute the values, while other threads work.

        Chunks are unpacked here and not by HDF5, which would unpack whatever a small chunk swells to.

        Returns:
            Array in the machine's byte order.

        Raises:
            UnreadableError: When what is stored is not what the array declares.
        """
        values = np.zeros(self.shape, self.dtype.newbyteorder("="))
        count = prod(self.steps)
        with tell_damage():
            for start, skipped, piece in self.pieces:
                index: tuple[Any, ...] = tuple(slice(first, first + step) for first, step in zip(start, self.steps, strict=True))
                place = values[*index, ...]
                unpacked = _unpack(skipped, piece, self.filters, count * self.dtype.itemsize, self.dtype.itemsize)
                block = np.frombuffer(unpacked, self.dtype, count).reshape(self.steps)
                # A chunk may reach over the edge.
                place[...] = block if place.shape == self.steps else block[tuple(map(slice, place.shape))]
        return values


def pack_array(array: Dataset) -> Packed:
    """Read an array that `find_array` has checked, without unpacking anything.

    Raises:
        UnreadableError: When what is stored is not what the array declares.
    """
    from h5py._objects import phil

    shape, steps = array.shape, array.chunks
    dtype = np.dtype(np.uint8) if array.dtype.kind == "b" else array.dtype
    if steps is None:
        return Packed(shape, dtype, shape, ((tuple(0 for _ in shape), 0, np.asarray(array[()]).tobytes()),))
    # HDF5 is not made for threads, and h5py does not lock these calls of its own accord.
    with phil:
        filters = _list_filters(array)
        starts = _list_starts(array.id, shape, steps, prod(steps) * dtype.itemsize)
        pieces = tuple((start, *array.id.read_direct_chunk(start)) for start in starts)
    return Packed(shape, dtype, steps, pieces, filters)


def read_array(array: Dataset) -> Pixels:
    """Read the values of an array that `find_array` has checked, as HDF5 holds them.

    Returns:
        Array in the machine's byte order.

    Raises:
        UnreadableError: When what is stored is not what the array declares.
    """
    return pack_array(array).unpack()


def _list_filters(array: Dataset) -> tuple[int, ...]:
    properties = array.id.get_create_plist()
    filters = tuple(int(properties.get_filter(number)[0]) for number in range(properties.get_nfilters()))
    if not set(filters) <= {_DEFLATE, _SHUFFLE}:
        msg = f"compressed in a way that MATLAB does not: HDF5 filters {list(filters)}"
        raise UnreadableError(msg)
    return filters


def _list_starts(array: Any, shape: tuple[int, ...], steps: tuple[int, ...], size: int) -> list[tuple[int, ...]]:
    taken: dict[tuple[int, ...], int] = {}
    expected = set(product(*map(range, repeat(0), shape, steps)))

    def take(piece: Any) -> bool | None:
        taken[piece.chunk_offset] = piece.size
        return len(taken) > len(expected) or None

    # To ask for one place after the other would take a time that grows with the square of their number.
    array.chunk_iter(take)
    if not taken.keys() <= expected:
        msg = "a piece lies where the array has none"
        raise UnreadableError(msg)
    largest = max(taken.values(), default=0)
    if largest > 2 * size + 2**10:
        msg = f"a piece of {size} bytes takes {largest} in the file"
        raise UnreadableError(msg)
    return sorted(taken)


def _unpack(skipped: int, packed: bytes, filters: tuple[int, ...], size: int, itemsize: int) -> bytes:
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
