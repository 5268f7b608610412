"""Where a NIfTI volume lies, and which way up it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.nifti import load_nibabel, open_volume
from tumourflow.imaging.read import require_size

# Rows, columns and slices of axial, coronal and sagittal planes, as they are shown: the patient's right is on the left.
_PLANES = {2: ("P", "L", "S"), 1: ("I", "L", "A"), 0: ("I", "P", "L")}
_MILLIMETRES = {1: 1000.0, 3: 0.001}
"""Of a metre and of a micrometre, by the header's code; without a code lengths are millimetres."""
_LENGTHS = 8


@dataclass(frozen=True)
class VolumeHeader:
    """What is used of a volume's header.

    Attributes:
        plane: World axis along which its slices lie: 0 left to right, 1 back to front, 2 up.
        shape: Height and width of a slice, number of slices, channels.
        affine: From row, column and slice to the file's unit of length. A segmentation often does not say which that is.
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
        TooLargeError: When it declares more than `MOST_BYTES`, or slices larger than any image.
    """
    with guard("the NIfTI header cannot be read"), open_volume(path) as (image, shape, _):
        return _describe(image, shape, plane)


def compare_places(volume: VolumeHeader, mask: VolumeHeader, names: tuple[str, str] = ("volume", "segmentation")) -> str:
    """Tell why a segmentation cannot be that of a volume, or two volumes be of one case: other sides, or more than half a pixel away.

    Args:
        volume: Header of the volume.
        mask: Header of the segmentation or the other volume, for the same plane.
        names: What the two are called.

    Returns:
        A few words, empty where they lie in one place.
    """
    first, second = names
    if volume.shape[:3] != mask.shape[:3]:
        return f"{first} {' x '.join(map(str, volume.shape[:3]))}, {second} {' x '.join(map(str, mask.shape[:3]))}"
    ends = np.array([(*corner, 1) for corner in product(*((0, side) for side in volume.shape[:3]))])
    apart = float(np.linalg.norm(ends @ (volume.affine - mask.affine).T, axis=1).max())
    if apart > np.linalg.norm(volume.affine[:3, :2], axis=0).min() / 2:
        return f"{first} and {second} lie up to {apart:.1f} mm apart: their affines differ"
    return ""


def find_plane(image: Any) -> int:
    """Find the world axis along which a volume is stacked: that of its third axis, or 2 where the affine does not say.

    Args:
        image: nibabel's image.
    """
    along = load_nibabel().orientations.io_orientation(image.affine)[2, 0]
    return int(along) if np.isfinite(along) else 2


def find_turn(image: Any, plane: int) -> npt.NDArray[np.float64]:
    """Find for each axis as it is stored which axis it is when shown, and whether it runs the other way (-1).

    Args:
        image: nibabel's image.
        plane: World axis along which the volume is cut.

    Returns:
        `(3, 2)`, nibabel's form of an orientation.

    Raises:
        DamageError: When the affine does not say.
    """
    orientations = load_nibabel().orientations
    stored = orientations.io_orientation(image.affine)
    if not np.isfinite(stored).all():
        msg = "the affine does not say where the volume's axes lie"
        raise DamageError(msg)
    return np.asarray(orientations.ornt_transform(stored, orientations.axcodes2ornt(_PLANES[plane])))


def _describe(image: Any, shape: tuple[int, int, int, int], plane: int | None) -> VolumeHeader:
    orientations = load_nibabel().orientations
    plane = find_plane(image) if plane is None else plane
    turn = find_turn(image, plane)
    sides = [0, 0, 0]
    for axis, target in enumerate(turn[:, 0].astype(int)):
        sides[target] = shape[axis]
    require_size((sides[0], sides[1]), "a slice")
    affine = np.asarray(image.affine @ orientations.inv_ornt_aff(turn, shape[:3]), np.float64)
    unit = _MILLIMETRES.get(int(image.header["xyzt_units"]) % _LENGTHS, 1.0)
    height, width = (float(each) * unit for each in load_nibabel().affines.voxel_sizes(affine)[:2])
    return VolumeHeader(plane, (sides[0], sides[1], sides[2], shape[3]), affine, (height, width))
