"""One file of the figshare cohort: image, label and patient in the MATLAB struct `cjdata`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tumourflow.cohorts.hdf5 import UnreadableError, find_array, find_group, open_hdf5
from tumourflow.cohorts.hdf5_chunks import read_array
from tumourflow.imaging.window import apply_window, find_window
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

if TYPE_CHECKING:
    Group: TypeAlias = Any

LABELS = {1: "meningioma", 2: "glioma", 3: "pituitary"}

_LONGEST_ID = 64


@dataclass(frozen=True)
class Header:
    """What a file says of itself besides its pixels.

    Attributes:
        patient: Id of the patient.
        label: Class of the tumour.
        height: Of the image, in pixels.
        width: Of the image, in pixels.
        has_outline: Whether there is a mask or a border.
    """

    patient: str
    label: str
    height: int
    width: int
    has_outline: bool


def read_header(path: Path) -> Header:
    """Read patient and label, and check what the file declares about the rest; no pixel is read.

    Args:
        path: MAT file of version 7.3.

    Returns:
        The header.

    Raises:
        OSError: When the file cannot be opened.
        UnreadableError: When anything in it is not as it has to be; its `finding` is the rule that this falls under.
    """
    with open_hdf5(path) as file:
        struct = find_group(file, "cjdata")
        height, width = find_plane(struct, "image")
        outline = [find_array(struct, name) for name in ("tumorMask", "tumorBorder")]
        return Header(_read_patient(struct), _read_label(struct), height, width, any(field is not None for field in outline))


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
    with open_hdf5(path) as file:
        values = read_plane(find_group(file, "cjdata"), "image")
    if not np.isfinite(values).all():
        return values
    return apply_window(values, find_window(values, options), options.bits)


def find_plane(struct: Group, name: str) -> tuple[int, int]:
    """Check that a field is a picture.

    Args:
        struct: The struct `cjdata`.
        name: Of the field.

    Returns:
        Height and width.

    Raises:
        UnreadableError: When it is missing or has not two axes.
    """
    field = find_array(struct, name)
    if field is None or len(field.shape) != 2:
        msg = f"`{name}` is missing or empty" if field is None else f"`{name}` has {len(field.shape)} axes instead of two"
        raise UnreadableError(msg)
    # HDF5 holds MATLAB's arrays with their axes in reverse.
    width, height = field.shape
    return height, width


def read_plane(struct: Group, name: str) -> Pixels:
    """Read a picture, turned as MATLAB shows it.

    Args:
        struct: The struct `cjdata`.
        name: Of the field.

    Returns:
        `(height, width)`.

    Raises:
        UnreadableError: When it is missing, has not two axes or is damaged.
    """
    find_plane(struct, name)
    return np.ascontiguousarray(read_array(find_array(struct, name)).T)


def _read_patient(struct: Group) -> str:
    finding = "bad_patient_id"
    field = find_array(struct, "PID", finding)
    if field is None:
        msg = "`PID` is missing or empty"
        raise UnreadableError(msg, finding)
    if field.dtype != np.uint16 or field.size > _LONGEST_ID or field.size != max(field.shape):
        msg = f"`PID` is no line of text: {field.dtype}, {' x '.join(map(str, field.shape))}"
        raise UnreadableError(msg, finding)
    text = "".join(map(chr, read_array(field).ravel().tolist())).strip(" ")
    if not text or not text.isprintable():
        msg = f"`PID` is no text: {text!r}"
        raise UnreadableError(msg, finding)
    return text


def _read_label(struct: Group) -> str:
    finding = "label_out_of_range"
    field = find_array(struct, "label", finding)
    value = float(read_array(field).item()) if field is not None and field.size == 1 else float("nan")
    if value not in LABELS:
        received = f"{value:g}" if field is not None and field.size == 1 else "no single number"
        msg = f"`label` is {received}, allowed are 1 to 3"
        raise UnreadableError(msg, finding)
    return LABELS[int(value)]
