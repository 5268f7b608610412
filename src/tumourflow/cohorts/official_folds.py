"""The folds that the figshare cohort was published with: `cvind.mat`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tumourflow.cohorts.hdf5 import UnreadableError, open_hdf5
from tumourflow.cohorts.hdf5_chunks import read_array
from tumourflow.cohorts.hdf5_fields import find_array
from tumourflow.cohorts.mat5 import read_numbers
from tumourflow.imaging.read import open_file
from tumourflow.types import Pixels

_NAME = "cvind"
_MOST_CASES = 2**20
_OLD = b"MATLAB 5"
_LARGEST = 2**24
"""Bytes of an old file: twice what the folds of so many cases take."""


def read_folds(path: Path) -> list[int]:
    """Read the fold of every case.

    Args:
        path: MAT file with the array `cvind`, of version 7.3 or older.

    Returns:
        Folds in the order of the cases' numbers, counted from 0; -1 where there is no sensible one.

    Raises:
        OSError: When the file cannot be opened.
        UnreadableError: When it is damaged or holds no such array.
    """
    with open_file(path) as stream:
        old = stream.read(len(_OLD)) == _OLD
    numbers = (_read_old(path) if old else _read_new(path)).ravel()
    sensible = np.isin(numbers, range(1, 101))
    return [int(fold) for fold in np.where(sensible, np.nan_to_num(numbers), 0) - 1]


def _read_new(path: Path) -> Pixels:
    with open_hdf5(path) as file:
        array = find_array(file, _NAME)
        if array is None:
            msg = f"there is no array `{_NAME}` in it"
            raise UnreadableError(msg)
        _require_size(array.shape)
        return read_array(array).astype(np.float64)


def _read_old(path: Path) -> Pixels:
    with open_file(path) as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        msg = f"the file is larger than {_LARGEST} bytes"
        raise UnreadableError(msg, "too_large")
    return read_numbers(content, _NAME, _MOST_CASES)


def _require_size(shape: tuple[int, ...]) -> None:
    if np.prod(shape, dtype=np.float64) > _MOST_CASES:
        msg = f"`{_NAME}` declares {' x '.join(map(str, shape))} values"
        raise UnreadableError(msg, "too_large")
