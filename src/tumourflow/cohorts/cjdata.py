"""The arrays in one file of the figshare cohort, the MATLAB struct `cjdata`, and the image among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np

from tumourflow.cohorts.hdf5 import UnreadableError, open_hdf5, tell_damage
from tumourflow.cohorts.hdf5_chunks import Packed, pack_array
from tumourflow.cohorts.hdf5_fields import find_array, find_group
from tumourflow.cohorts.sharing import read_shared
from tumourflow.imaging.read import MAX_SIDE
from tumourflow.imaging.window import apply_window, find_window
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

if TYPE_CHECKING:
    Group: TypeAlias = Any

_IMAGE = "image"


@dataclass(frozen=True)
class Fields:
    """Arrays of a file as they lie in it, by name; what is wrong with one is told to whoever asks for it."""

    known: Mapping[str, Packed | UnreadableError | None]

    def find(self, name: str) -> Packed | None:
        """Hand out an array, or None where there is none.

        Raises:
            UnreadableError: When it cannot be used.
        """
        found = self.known[name]
        if isinstance(found, UnreadableError):
            raise UnreadableError(str(found), found.finding)
        return found

    def find_picture(self, name: str) -> Packed:
        """Hand out an array of two axes, width and height, for HDF5 holds MATLAB's arrays with their axes in reverse.

        Raises:
            UnreadableError: When there is none, it has other axes, or cannot be used.
        """
        picture: Packed = require_picture(name, self.find(name))
        return picture


def read_image(path: Path, options: IngestionOptions) -> Pixels:
    """Read the image, turned as MATLAB shows it, and bring its grey values through the window.

    Args:
        path: MAT file of version 7.3.
        options: `window`, `window_low`, `window_high` and `bits` are used; the window is found for each slice.

    Returns:
        `(height, width)`, uint8 or uint16. Where values are not finite, they come back as they are, for the ledger to tell.

    Raises:
        OSError: When the file cannot be opened.
        ValueError: When it is damaged.
    """
    values = read_fields(path).find_picture(_IMAGE).unpack()
    if not np.isfinite(values).all():
        return turn(values)
    return turn(apply_window(values, find_window(values, options), options.bits))


def read_fields(path: Path) -> Fields:
    """Read image, mask and border as they lie in a file, which is opened once for all loaders of a case.

    Args:
        path: MAT file of version 7.3.

    Raises:
        OSError: When the file cannot be opened.
        UnreadableError: When it is damaged as a whole.
    """
    return read_shared(_read_fields, path)


def turn(values: Pixels) -> Pixels:
    """Turn a picture from the order in which HDF5 holds it to that in which MATLAB shows it.

    Example:
        >>> turn(np.array([[1, 2, 3]])).tolist()
        [[1], [2], [3]]
    """
    # Several times faster than NumPy.
    return cv2.transpose(values) if values.dtype in (np.uint8, np.uint16) else np.ascontiguousarray(values.T)


def require_picture(name: str, field: Any) -> Any:
    """Hand on a field that can be a picture.

    Raises:
        UnreadableError: When there is none (None), it has other than two axes, or a side longer than `MAX_SIDE`.
    """
    if field is None or len(field.shape) != 2:
        msg = f"`{name}` is missing or empty" if field is None else f"`{name}` has {len(field.shape)} axes instead of two"
        raise UnreadableError(msg)
    if max(field.shape) > MAX_SIDE:
        msg = f"`{name}` declares {' x '.join(map(str, field.shape))} pixels, more than the {MAX_SIDE} a side that are allowed"
        raise UnreadableError(msg, "too_large")
    return field


def _read_fields(path: Path) -> Fields:
    with open_hdf5(path) as file:
        struct = find_group(file, "cjdata")
        return Fields({name: _pack(struct, name) for name in (_IMAGE, "tumorMask", "tumorBorder")})


def _pack(struct: Group, name: str) -> Packed | UnreadableError | None:
    # One field may be damaged and the others whole.
    try:
        with tell_damage():
            array = find_array(struct, name)
            return None if array is None else pack_array(array)
    except UnreadableError as error:
        return error
