"""NIfTI volumes are opened here, and what they declare is checked."""

from __future__ import annotations

import gzip
import io
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from tumourflow.imaging.damage import DamageError
from tumourflow.imaging.read import TooLargeError, open_file

MOST_BYTES = 2**30
"""Bytes that the values of a volume may declare."""

_DEFLATED_AT_MOST = 1100


@lru_cache(maxsize=1)
def load_nibabel() -> Any:
    """Import the library that knows the format, and silence it."""
    import nibabel

    # What nibabel has to say of a file may quote it.
    for name in ("nibabel", "nibabel.global"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return nibabel


@contextmanager
def open_volume(path: Path) -> Iterator[tuple[Any, tuple[int, int, int, int], BinaryIO]]:
    """Open a volume and check what its header declares.

    Args:
        path: `.nii` or `.nii.gz`.

    Yields:
        nibabel's image, whose values are not read; the shape in which it is stored, channels last; and the file's unpacked bytes.

    Raises:
        DamageError: When it is damaged, is no volume of grey values, or its file is too short for what it declares.
        TooLargeError: When it declares more than `MOST_BYTES`.
    """
    nibabel = load_nibabel()
    with open_file(path) as raw:
        size = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        compressed = path.suffix.lower() == ".gz"
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if compressed else raw
        start = stream.read(540)
        stream.seek(0)
        kinds = (nibabel.Nifti1Image, nibabel.Nifti2Image)
        kind = next((kind for kind in kinds if kind.header_class.may_contain_header(start)), None)
        if kind is None:
            msg = "no NIfTI file, whatever its suffix says"
            raise DamageError(msg)
        image = kind.from_stream(stream)
        yield image, _require_possible(image, size, compressed=compressed), stream


def _require_possible(image: Any, size: int, *, compressed: bool) -> tuple[int, int, int, int]:
    dtype = image.get_data_dtype()
    if dtype.kind not in "iuf":
        msg = "the volume holds colours or complex numbers: export grey values"
        raise DamageError(msg)
    # A fourth axis of length 1 says nothing; of 3 or 4 it is sequences of one patient.
    sides = (*map(int, image.shape), 1, 1, 1)
    shape = (sides[0], sides[1], sides[2], math.prod(sides[3:]))
    if min(shape) < 1 or shape[3] not in {1, 3, 4} or len(image.shape) < 2:
        msg = f"the volume is {' x '.join(map(str, image.shape))}: height, width, slices, and 1, 3 or 4 channels are read{_advise(shape)}"
        raise DamageError(msg)
    needed = math.prod(shape) * dtype.itemsize
    if needed > MOST_BYTES:
        msg = f"{needed} bytes are declared, more than the {MOST_BYTES} that are allowed"
        raise TooLargeError(msg)
    if needed > size * (_DEFLATED_AT_MOST if compressed else 1):
        msg = f"the file has {size} bytes, too few for the {needed} that it declares"
        raise DamageError(msg)
    return shape


def _advise(shape: tuple[int, int, int, int]) -> str:
    return "; export one of the channels as a volume of its own" if shape[3] > 1 else ""
