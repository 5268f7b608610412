"""Arrays of numbers in MAT files older than version 7.3.

SciPy reads them too, but a single damaged byte can make it end the whole process.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tumourflow.cohorts.hdf5 import UnreadableError

_HEADER = 128
_ORDERS = {b"IM": "<", b"MI": ">"}
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = range(6, 16)
"""Classes of arrays that hold plain numbers."""
_MOST_ARRAYS = 100
_MOST_AXES = 32
_OVERHEAD = 4096  # bytes of an array beside its numbers


class _Element(NamedTuple):
    kind: int
    data: bytes


def read_numbers(content: bytes, name: str, most: int) -> npt.NDArray[np.float64]:
    """Read an array of real numbers.

    Args:
        content: The whole file.
        name: Of the array.
        most: Largest number of values.

    Returns:
        Its values, column by column.

    Raises:
        UnreadableError: When the file is damaged, holds no such array among its first hundred, or the array declares more values.
    """
    order = _ORDERS.get(content[_HEADER - 2 : _HEADER])
    if order is None:
        msg = "damaged: the head of the file is not what it was"
        raise UnreadableError(msg)
    for element in islice(_list_elements(content[_HEADER:], order), _MOST_ARRAYS):
        array = _unpack(element.data, order, most) if element.kind == _COMPRESSED else element
        if array.kind != _MATRIX:
            msg = f"damaged: an element of kind {array.kind} stands where an array should"
            raise UnreadableError(msg)
        parts = list(islice(_list_elements(array.data, order), 4))
        if len(parts) == 4 and parts[2].data == name.encode():
            return _read_values(parts, order, name, most)
    msg = f"there is no array `{name}` in it"
    raise UnreadableError(msg)


def _list_elements(data: bytes, order: str) -> Iterator[_Element]:
    place = 0
    while place + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, place)
        start = place + 8
        # Up to four bytes stand in the head itself, whose first number then holds their size, too.
        if kind >> 16:
            kind, size, start = kind & 0xFFFF, kind >> 16, place + 4
        if start + size > len(data) or (start == place + 4 and size > 4):
            msg = "damaged: an element ends beyond what it lies in"
            raise UnreadableError(msg)
        yield _Element(kind, data[start : start + size])
        place = start + size if kind == _COMPRESSED else start + size + -(start + size) % 8


def _unpack(data: bytes, order: str, most: int) -> _Element:
    try:
        unpacked = zlib.decompressobj().decompress(data, 8 * most + _OVERHEAD)
    except zlib.error as error:
        msg = f"damaged: {error}"
        raise UnreadableError(msg) from error
    # What is too large for that is cut off, and then ends beyond what it lies in.
    return next(_list_elements(unpacked, order), _Element(0, b""))


def _read_values(parts: list[_Element], order: str, name: str, most: int) -> npt.NDArray[np.float64]:
    flags, sizes, _, numbers = parts
    if len(flags.data) < 4 or len(sizes.data) % 4 or len(sizes.data) > 4 * _MOST_AXES:
        msg = f"damaged: the head of the array `{name}`"
        raise UnreadableError(msg)
    shape = [int(side) for side in np.frombuffer(sizes.data, f"{order}i4")]
    if math.prod(shape) > most:
        msg = f"`{name}` declares {' x '.join(map(str, shape))} values"
        raise UnreadableError(msg, "too_large")
    kind = _TYPES.get(numbers.kind)
    if struct.unpack_from(f"{order}I", flags.data)[0] & 0xFF not in _CLASSES or kind is None:
        msg = f"`{name}` is no array of numbers"
        raise UnreadableError(msg)
    if len(numbers.data) != math.prod(shape) * np.dtype(kind).itemsize:
        msg = f"damaged: `{name}` has {len(numbers.data)} bytes, not those of {' x '.join(map(str, shape))} values"
        raise UnreadableError(msg)
    return np.frombuffer(numbers.data, order + kind).astype(np.float64)
