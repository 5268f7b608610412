"""What a file of the figshare cohort says of itself besides its pixels: patient, label, size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tumourflow.cohorts.cjdata import require_picture
from tumourflow.cohorts.hdf5 import UnreadableError, open_hdf5
from tumourflow.cohorts.hdf5_chunks import read_array
from tumourflow.cohorts.hdf5_fields import find_array, find_group

if TYPE_CHECKING:
    Group: TypeAlias = Any

LABELS = {1: "meningioma", 2: "glioma", 3: "pituitary"}

_LONGEST_ID = 64
_IMAGE = "image"


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
        width, height = require_picture(_IMAGE, find_array(struct, _IMAGE)).shape
        outline = [find_array(struct, name) for name in ("tumorMask", "tumorBorder")]
        return Header(_read_patient(struct), _read_label(struct), height, width, any(field is not None for field in outline))


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
