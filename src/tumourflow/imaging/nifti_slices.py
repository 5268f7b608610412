"""The values of a NIfTI volume, a slice at a time: a volume is never in memory as a whole."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, cast

import numpy as np

from tumourflow.imaging.damage import DamageError, guard
from tumourflow.imaging.nifti import load_nibabel, open_volume
from tumourflow.imaging.nifti_place import find_turn
from tumourflow.types import Pixels

_BLOCK = 2**18


class SlicedVolume:
    """A volume whose slices can be read in any order, by any thread.

    What is compressed, or lies in an object store, is first written to a temporary file that has no name.

    Attributes:
        shape: Height and width of a slice, number of slices, channels, as they are shown.
        dtype: Of the stored values.
        slope: By which stored values are multiplied to mean something.
        intercept: What is added then.
    """

    def __init__(self, path: Path, plane: int) -> None:
        """Open a volume; no value is read.

        Args:
            path: `.nii` or `.nii.gz`.
            plane: World axis along which it is cut.

        Raises:
            DamageError: When it cannot be read.
            TooLargeError: When it declares more than is ever read.
        """
        with guard("the NIfTI values cannot be read"), open_volume(path) as (image, stored, stream):
            values = image.dataobj
            # The image's header has forgotten them by now.
            self.slope, self.intercept = float(values.slope), float(values.inter)
            if not (np.isfinite([self.slope, self.intercept]).all() and self.slope):
                msg = "slope and intercept are no numbers"
                raise DamageError(msg)
            self.dtype, self._stored, self._offset = np.dtype(values.dtype), stored, int(values.offset)
            self._turn = find_turn(image, plane)
            plain = isinstance(path, Path) and path.suffix.lower() != ".gz"
            self._stream = path.open("rb") if plain else _unpack(stream, self._offset + int(np.prod(stored)) * self.dtype.itemsize)
        weakref.finalize(self, self._stream.close)
        targets = self._turn[:, 0].astype(int).tolist()
        self._axis = targets.index(2)
        sides = [stored[targets.index(target)] for target in range(3)]
        self.shape = (sides[0], sides[1], sides[2], stored[3])
        self._lock = Lock()

    def read(self, position: int) -> Pixels:
        """Read the stored values of a slice.

        Args:
            position: Counted from 0, as slices are shown.

        Returns:
            `(height, width, channels)`.

        Raises:
            DamageError: When it cannot be read.
        """
        with guard("the NIfTI values cannot be read"):
            forwards = self._turn[self._axis, 1] > 0
            piece = self._read_stored(position if forwards else self.shape[2] - 1 - position)
            shown = load_nibabel().orientations.apply_orientation(piece, self._turn)
            return np.asarray(shown)[:, :, 0]

    def _read_stored(self, index: int) -> Pixels:
        if self._axis == 2:
            return self._fetch(index)
        # What lies across the file is gathered from all of it, a plane at a time.
        planes = (np.take(self._fetch(each), [index], axis=self._axis) for each in range(self._stored[2]))
        return np.concatenate(list(planes), axis=2)

    def _fetch(self, index: int) -> Pixels:
        place: tuple[Any, ...] = (slice(None), slice(None), slice(index, index + 1), slice(None))
        return np.asarray(
            load_nibabel().fileslice.fileslice(self._stream, place, self._stored, self.dtype, self._offset, order="F", lock=self._lock)
        )


def _unpack(stream: BinaryIO, size: int) -> BinaryIO:
    unpacked = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - closed with the volume
    try:
        stream.seek(0)
        while size and (block := stream.read(min(_BLOCK, size))):
            size -= unpacked.write(block)
        if size:
            msg = f"{size} bytes are missing at the end"
            raise DamageError(msg)
    except BaseException:
        unpacked.close()
        raise
    return unpacked
