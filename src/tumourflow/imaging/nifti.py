"""NIfTI volumes: the header, the values, and the way up."""

from __future__ import annotations

import gzip
import io
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.read import TooLargeError, open_file
from tumourflow.types import Pixels

MOST_BYTES = 2**30
"""Bytes that the values of a volume may declare."""

# Rows, columns and slices of axial, coronal and sagittal planes, as they are shown: the patient's right is on the left.
_PLANES = {2: ("P", "L", "S"), 1: ("I", "L", "A"), 0: ("I", "P", "L")}
_DEFLATED_AT_MOST = 1100


@dataclass(frozen=True)
class VolumeHeader:
    """What is used of a volume's header.

    Attributes:
        plane: World axis along which its slices lie: 0 left to right, 1 back to front, 2 up.
        shape: Height and width of a slice, number of slices, channels.
        affine: From row, column and slice to millimetres.
        spacing: Height and width of a pixel in millimetres.
    """

    plane: int
    shape: tuple[int, int, int, int]
    affine: npt.NDArray[np.float64]
    spacing: tuple[float, float]


def read_volume_header(path: Path, plane: int | None = None) -> VolumeHeader:
    """Read shape and place of a volume.

    Args:
        path: `.nii` or `.nii.gz`.
        plane: World axis along which it is cut; by default that of its third axis, along which most scanners stack.

    Returns:
        The header as if the volume were stored in the order in which it is shown.

    Raises:
        DamageError: When it is damaged, is no volume of grey values, or its file is too short for what it declares.
        TooLargeError: When it declares more than `MOST_BYTES`.
    """
    with guard("the NIfTI header cannot be read"), _open(path) as (image, size):
        shape = _require_possible(image, size, compressed=_is_compressed(path))
        return _describe(image, shape, plane)


def read_volume(path: Path, plane: int) -> tuple[Pixels, float, float]:
    """Read the values of a volume.

    Args:
        path: `.nii` or `.nii.gz`.
        plane: World axis along which it is cut.

    Returns:
        Stored values `(height, width, slices, channels)`, and the slope and intercept that give them a meaning.

    Raises:
        DamageError: When it cannot be read.
        TooLargeError: When it declares more than `MOST_BYTES`.
    """
    with guard("the NIfTI values cannot be read"), _open(path) as (image, size):
        shape = _require_possible(image, size, compressed=_is_compressed(path))
        stored = np.asarray(image.dataobj.get_unscaled()).reshape(shape)
        # The image's header has forgotten them by now.
        slope, intercept = float(image.dataobj.slope), float(image.dataobj.inter)
        if not (np.isfinite([slope, intercept]).all() and slope):
            msg = "slope and intercept are no numbers"
            raise DamageError(msg)
        return _nibabel().orientations.apply_orientation(stored, _find_turn(image, plane)), slope, intercept


@lru_cache(maxsize=1)
def _nibabel() -> Any:
    import nibabel

    # What nibabel has to say of a file may quote it.
    for name in ("nibabel", "nibabel.global"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return nibabel


@contextmanager
def _open(path: Path) -> Iterator[tuple[Any, int]]:
    nibabel = _nibabel()
    with open_file(path) as raw:
        size = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if _is_compressed(path) else raw
        start = stream.read(540)
        stream.seek(0)
        kinds = (nibabel.Nifti1Image, nibabel.Nifti2Image)
        kind = next((kind for kind in kinds if kind.header_class.may_contain_header(start)), None)
        if kind is None:
            msg = "no NIfTI file, whatever its suffix says"
            raise DamageError(msg)
        yield kind.from_stream(stream), size


def _is_compressed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _require_possible(image: Any, size: int, *, compressed: bool) -> tuple[int, int, int, int]:
    dtype = image.get_data_dtype()
    if dtype.kind not in "iuf":
        msg = "the volume holds colours or complex numbers: export grey values"
        raise DamageError(msg)
    # A fourth axis of length 1 says nothing; of 3 or 4 it is sequences of one patient.
    sides = (*map(int, image.shape), 1, 1, 1)
    shape = (sides[0], sides[1], sides[2], math.prod(sides[3:]))
    if min(shape) < 1 or shape[3] not in {1, 3, 4} or len(image.shape) < 2:
        msg = f"the volume is {' x '.join(map(str, image.shape))}: height, width, slices, and 1, 3 or 4 channels are read"
        raise DamageError(msg)
    needed = math.prod(shape) * dtype.itemsize
    if needed > MOST_BYTES:
        msg = f"{needed} bytes are declared, more than the {MOST_BYTES} that are allowed"
        raise TooLargeError(msg)
    if needed > size * (_DEFLATED_AT_MOST if compressed else 1):
        msg = f"the file has {size} bytes, too few for the {needed} that it declares"
        raise DamageError(msg)
    return shape


def _find_turn(image: Any, plane: int) -> npt.NDArray[np.float64]:
    orientations = _nibabel().orientations
    stored = orientations.io_orientation(image.affine)
    if not np.isfinite(stored).all():
        msg = "the affine does not say where the volume's axes lie"
        raise DamageError(msg)
    return np.asarray(orientations.ornt_transform(stored, orientations.axcodes2ornt(_PLANES[plane])))


def _describe(image: Any, shape: tuple[int, int, int, int], plane: int | None) -> VolumeHeader:
    orientations = _nibabel().orientations
    along = orientations.io_orientation(image.affine)[2, 0] if plane is None else plane
    plane = int(along) if np.isfinite(along) else 2
    turn = _find_turn(image, plane)
    sides = [0, 0, 0]
    for axis, target in enumerate(turn[:, 0].astype(int)):
        sides[target] = shape[axis]
    affine = np.asarray(image.affine @ orientations.inv_ornt_aff(turn, shape[:3]), np.float64)
    height, width = (float(each) for each in _nibabel().affines.voxel_sizes(affine)[:2])
    return VolumeHeader(plane, (sides[0], sides[1], sides[2], shape[3]), affine, (height, width))
