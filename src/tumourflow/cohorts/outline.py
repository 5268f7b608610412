"""Where the tumour is in a file of the figshare cohort: told twice, as a mask and as the border that was drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tumourflow.cohorts.case import Note
from tumourflow.cohorts.cjdata import Fields, read_fields, turn
from tumourflow.cohorts.hdf5 import UnreadableError
from tumourflow.cohorts.hdf5_chunks import Packed
from tumourflow.cohorts.sharing import read_shared
from tumourflow.imaging.mask import binarise
from tumourflow.imaging.polygon import agreement, fill_polygon
from tumourflow.types import Mask, Pixels

AGREEMENT = 0.9
"""Dice of mask and border below which they differ: those of the cohort agree to .98 and more."""

_MOST_CORNERS = 2**14

Border: TypeAlias = npt.NDArray[np.float64]


def read_mask(path: Path) -> Pixels:
    """Read the mask, turned as MATLAB shows it; where it is missing, fill the border.

    Args:
        path: MAT file of version 7.3.

    Returns:
        `(height, width)`, in whatever encoding the file has, or booleans where it was filled.

    Raises:
        OSError: When the file cannot be opened.
        ValueError: When it is damaged, or has neither a mask nor a border that can be used.
    """
    fields = read_fields(path)
    mask = fields.find("tumorMask")
    if mask is None:
        return fill_polygon(_unpack_border(fields.find("tumorBorder")), _find_shape(fields))
    return read_shared(_unpack_mask, path)


def note_outline(path: Path) -> tuple[Note, ...]:
    """Compare mask and border.

    Args:
        path: MAT file of version 7.3.

    Returns:
        `mask_rebuilt` where the mask is missing, `border_outside` where corners lie outside the image, `mask_border_differ` where the
        Dice coefficient of mask and filled border is below `AGREEMENT`, or the border cannot be used.

    Raises:
        OSError: When the file cannot be opened.
        ValueError: When it is damaged.
    """
    fields = read_fields(path)
    drawn, border = fields.find("tumorMask"), fields.find("tumorBorder")
    if border is None:
        return ()
    shape = _find_shape(fields)
    try:
        corners = _unpack_border(border)
    except UnreadableError as error:
        return (Note("mask_border_differ", f"the border cannot be used: {error}"),)
    notes = [note for note in (_note_outside(corners, shape),) if note]
    if drawn is None:
        return (Note("mask_rebuilt", f"filled from a border of {len(corners)} corners"), *notes)
    dice = _compare(read_mask(path), fill_polygon(corners, shape))
    return (*notes, Note("mask_border_differ", f"Dice {dice:.3f}, below {AGREEMENT}")) if dice < AGREEMENT else tuple(notes)


def _compare(stored: Pixels, filled: Mask) -> float:
    # What is no mask, or of another size, falls under rules of its own.
    try:
        mask = binarise(stored)
    except ValueError:
        return 1.0
    return agreement(mask, filled) if mask.shape == filled.shape else 1.0


def _unpack_mask(path: Path) -> Pixels:
    return turn(read_fields(path).find_picture("tumorMask").unpack())


def _find_shape(fields: Fields) -> tuple[int, int]:
    width, height = fields.find_picture("image").shape
    return height, width


def _unpack_border(field: Packed | None) -> Border:
    if field is None:
        msg = "there is neither a mask nor a border"
        raise UnreadableError(msg)
    if field.size % 2 or not 6 <= field.size <= 2 * _MOST_CORNERS:
        msg = f"`tumorBorder` holds {field.size} values, no x and y of three corners or more"
        raise UnreadableError(msg)
    values = field.unpack().astype(np.float64).ravel()
    if not np.isfinite(values).all():
        msg = "`tumorBorder` holds values that are no numbers"
        raise UnreadableError(msg)
    # MATLAB counts pixels from 1.
    return values.reshape(-1, 2) - 1


def _note_outside(border: Border, shape: tuple[int, int]) -> Note | None:
    height, width = shape
    beyond = np.maximum(-0.5 - border, border - (width - 0.5, height - 0.5)).max(axis=1)
    outside = int((beyond > 0).sum())
    if not outside:
        return None
    return Note("border_outside", f"{outside} of {len(border)} corners, up to {beyond.max():.1f} pixels outside {width} x {height}")
