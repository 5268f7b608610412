"""Files of PyTorch, read without PyTorch and without running what they hold."""

from __future__ import annotations

import pickle
import pickletools
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from tumourflow.errors import UserError

HEADER = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
"""How PyTorch's files begin that are no zip archives: a pickled number."""
PROTOCOL = 1001
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
"""Types of the numbers by PyTorch's names of their storages."""

Array = npt.NDArray[Any]


def read_torch_file(path: Path) -> dict[str, Array]:
    """Read a `state_dict` from a file in the format that PyTorch wrote before its version 1.6.

    The file is five pickles (a magic number, the protocol, the byte order, the tensors' names, shapes, strides and offsets, the keys of
    the storages) and then the storages in the order of the keys, each a count and its little-endian numbers. The pickles may name
    storages and tensors and nothing else, so that nothing in the file is ever called.

    Args:
        path: The file.

    Returns:
        Arrays of float32 or int64 by name, in the file's order.

    Raises:
        UserError: Where the file is anything else.
    """
    try:
        with path.open("rb") as file:
            tensors = _read_tensors(file)
            storages = dict(_read_storages(file, tensors))
        return {name: tensor.view(storages[tensor.storage.key]) for name, tensor in tensors.items()}
    # What a damaged pickle can raise is not bounded by Python's documentation.
    except Exception as error:
        msg = f"{path} is no file of tensors as PyTorch wrote them before version 1.6: {error}."
        raise UserError(msg) from error


@dataclass(frozen=True)
class _Storage:
    dtype: np.dtype[Any]
    key: str
    size: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def view(self, numbers: Array) -> Array:
        """Cut the tensor out of its storage's numbers."""
        numbers = numbers[self.offset :]
        last = sum((side - 1) * stride for side, stride in zip(self.shape, self.strides, strict=True))
        if self.offset < 0 or min((1, *self.shape)) < 1 or min((0, *self.strides)) < 0 or last >= numbers.size:
            msg = f"a tensor of shape {self.shape} reaches beyond its {self.storage.size} numbers"
            raise ValueError(msg)
        steps = [stride * numbers.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(numbers, self.shape, steps).copy()


def _rebuild(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _Unpickler(pickle.Unpickler):
    """Knows tensors, their storages and the dictionary that holds them."""

    def find_class(self, module: str, name: str) -> Any:
        """Give what stands for one of the few names; anything else is refused."""
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        known = {("collections", "OrderedDict"): OrderedDict, ("torch._utils", "_rebuild_tensor_v2"): _rebuild}
        if (module, name) in known:
            return known[module, name]
        msg = f"it names {module}.{name}"
        raise pickle.UnpicklingError(msg)

    def persistent_load(self, pid: Any) -> _Storage:
        """Describe a storage; its numbers follow later in the file."""
        kind, dtype, key, _, size, view = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or view is not None:
            msg = "it has an unknown kind of storage"
            raise pickle.UnpicklingError(msg)
        return _Storage(dtype, key, size)


def _read_tensors(file: BinaryIO) -> dict[str, _Tensor]:
    begins = file.read(len(HEADER)) == HEADER and _unpickle(file) == PROTOCOL
    if not begins or not _unpickle(file)["little_endian"]:
        msg = "it begins otherwise"
        raise ValueError(msg)
    tensors = _unpickle(file)
    if not isinstance(tensors, dict) or not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        msg = "it holds more than tensors"
        raise ValueError(msg)
    return tensors


def _read_storages(file: BinaryIO, tensors: dict[str, _Tensor]) -> list[tuple[str, Array]]:
    described = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    return [(key, _read_numbers(file, described[key])) for key in _unpickle(file)]


def _unpickle(file: BinaryIO) -> Any:
    start = file.tell()
    for place, (code, number, _) in enumerate(pickletools.genops(file)):
        # Python makes room for as many objects as the number says, be there four milliards.
        if code.name.endswith("PUT") and int(number or 0) > place:
            msg = f"it remembers an object by the number {number}"
            raise pickle.UnpicklingError(msg)
    file.seek(start)
    return _Unpickler(file).load()


def _read_numbers(file: BinaryIO, storage: _Storage) -> Array:
    size = int.from_bytes(file.read(8), "little")
    data = file.read(size * storage.dtype.itemsize) if size == storage.size else b""
    if len(data) != storage.size * storage.dtype.itemsize:
        msg = f"{storage.size} numbers are expected and not there"
        raise ValueError(msg)
    return np.frombuffer(data, storage.dtype)
