"""Where the tumour is in a file of the figshare cohort: told twice, as a mask and as the border that was drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tumourflow.cohorts.case import Note
from tumourflow.cohorts.cjdata import find_plane, read_plane
from tumourflow.cohorts.hdf5 import UnreadableError, find_array, find_group, open_hdf5
from tumourflow.cohorts.hdf5_chunks import read_array
from tumourflow.imaging.polygon import agreement, fill_polygon
from tumourflow.imaging.read import binarise
from tumourflow.types import Pixels

if TYPE_CHECKING:
    Group: TypeAlias = Any

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
    with open_hdf5(path) as file:
        struct = find_group(file, "cjdata")
        if find_array(struct, "tumorMask") is not None:
            return read_plane(struct, "tumorMask")
        return fill_polygon(_read_border(struct), find_plane(struct, "image"))


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
    with open_hdf5(path) as file:
        struct = find_group(file, "cjdata")
        drawn = find_array(struct, "tumorMask") is not None
        if find_array(struct, "tumorBorder") is None:
            return ()
        shape = find_plane(struct, "image")
        mask = binarise(read_plane(struct, "tumorMask")) if drawn else None
        try:
            border = _read_border(struct)
        except UnreadableError as error:
            return (Note("mask_border_differ", f"the border cannot be used: {error}"),)
    notes = [note for note in (_note_outside(border, shape),) if note]
    if mask is None:
        return (Note("mask_rebuilt", f"filled from a border of {len(border)} corners"), *notes)
    dice = agreement(mask, fill_polygon(border, shape)) if mask.shape == shape else 1.0
    return (*notes, Note("mask_border_differ", f"Dice {dice:.3f}, below {AGREEMENT}")) if dice < AGREEMENT else tuple(notes)


def _read_border(struct: Group) -> Border:
    field = find_array(struct, "tumorBorder")
    if field is None:
        msg = "there is neither a mask nor a border"
        raise UnreadableError(msg)
    if field.size % 2 or not 6 <= field.size <= 2 * _MOST_CORNERS:
        msg = f"`tumorBorder` holds {field.size} values, no x and y of three corners or more"
        raise UnreadableError(msg)
    values = read_array(field).astype(np.float64).ravel()
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
