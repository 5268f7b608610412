"""Masks as NIfTI: a segmentation that lies on its volume in any viewer."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumourflow.imaging.damage import guard
from tumourflow.imaging.nifti import load_nibabel, open_volume
from tumourflow.imaging.nifti_place import find_plane, find_turn
from tumourflow.types import Mask

# Where the volume lies; no text of the source's header is taken over, for it may name a person.
_PLACE = (
    *("pixdim", "qform_code", "quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"),
    *("sform_code", "srow_x", "srow_y", "srow_z"),
)


def encode_nifti_mask(masks: Iterable[Mask], source: Path, *, compressed: bool = True) -> bytes:
    """Encode the masks of a volume's slices as a volume of its own, in the order in which the source is stored and at its place.

    Args:
        masks: One `(height, width)` a slice, as slices are shown and in their order.
        source: The volume from which the slices were cut, `.nii` or `.nii.gz`; of channels the mask has one for all.
        compressed: Whether it is to be a `.nii.gz`.

    Returns:
        Content of the file, whose values are 0 and 1, uint8; the same for the same masks.

    Raises:
        DamageError: When the source cannot be read any more.
        ValueError: When number or sizes of the masks are not those of the source's slices.
    """
    with guard("the NIfTI header cannot be read"), open_volume(source) as (image, stored, _):
        volume = np.zeros(stored[:3], np.uint8, order="F")
        # Reading turns the volume so that it is shown; what is written through the same turn lies as it was stored.
        shown = load_nibabel().orientations.apply_orientation(volume, find_turn(image, find_plane(image)))
        header = _copy_place(image, volume.shape)
    _fill(shown, masks)
    content: bytes = type(image)(volume, None, header).to_bytes()
    return gzip.compress(content, mtime=0) if compressed else content


def _copy_place(image: Any, shape: tuple[int, ...]) -> Any:
    header = type(image.header)()
    header.set_data_dtype(np.uint8)
    header.set_data_shape(shape)
    for field in _PLACE:
        header[field] = image.header[field]
    header["pixdim"][4:] = 1
    header.set_xyzt_units(xyz=image.header.get_xyzt_units()[0])
    return header


def _fill(shown: npt.NDArray[np.uint8], masks: Iterable[Mask]) -> None:
    written = 0
    for position, mask in enumerate(masks):
        if position == shown.shape[2] or mask.shape != shown.shape[:2]:
            break
        shown[:, :, position], written = mask, position + 1
    else:
        if written == shown.shape[2]:
            return
    height, width, slices = shown.shape
    msg = (
        f"The volume has {slices} slices of {height} x {width} pixels: give a mask of that size for each. Mask {written + 1} does not fit."
    )
    raise ValueError(msg)
