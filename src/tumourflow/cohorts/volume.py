"""The slices of one NIfTI volume, shown through one window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from tumourflow.imaging.nifti import read_volume
from tumourflow.imaging.read import binarise
from tumourflow.imaging.window import Window, apply_window, find_window
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

_SAMPLE = 4_000_000
# Slices are read in order, so that the volume of the last one is nearly always that of the next.
_READING_IMAGES, _READING_MASKS = Lock(), Lock()


@dataclass(frozen=True)
class Volume:
    """A file of slices.

    Attributes:
        file: The file.
        plane: World axis along which it is cut.
        stamp: State of the file when it was listed.
        options: How values are shown, and which of a segmentation's are lesion.
    """

    file: Path
    plane: int
    stamp: str
    options: IngestionOptions


def load_volume_slice(volume: Volume, position: int) -> Pixels:
    """Read a slice of grey values, which mean the same in the whole volume.

    Args:
        volume: The volume.
        position: Counted from 0.

    Returns:
        `(height, width)` or `(height, width, channels)`, uint8, or uint16 where `options.bits` is 16; each channel has a window of its
        own. A slice with values that are no numbers comes as it is, float64, for the ledger.

    Raises:
        ValueError: When the volume cannot be read.
    """
    with _READING_IMAGES:
        stored, slope, intercept, windows = _read_image(volume)
    bits = volume.options.bits
    values = stored[:, :, position]
    if not windows:
        shown = values.astype(np.uint8 if bits == 8 else np.uint16)
    else:
        meant = _scale(values, slope, intercept)
        if not np.isfinite(meant).all():
            return meant
        shown = np.stack([apply_window(meant[..., channel], window, bits) for channel, window in enumerate(windows)], axis=-1)
    return shown[..., 0] if shown.shape[-1] == 1 else shown


def load_mask_slice(volume: Volume, position: int) -> Pixels:
    """Read a slice of a segmentation.

    Args:
        volume: The segmentation.
        position: Counted from 0.

    Returns:
        `(height, width)` booleans, or the labels as they are where `options.lesion_values` will choose among them.

    Raises:
        ValueError: When it cannot be read, has channels, or has more than two values and no `lesion_values` choose among them.
    """
    with _READING_MASKS:
        return _read_mask(volume)[:, :, position]


@lru_cache(maxsize=2)
def _read_image(volume: Volume) -> tuple[Pixels, float, float, tuple[Window, ...]]:
    stored, slope, intercept = read_volume(volume.file, volume.plane)
    bits = volume.options.bits
    if stored.dtype.kind == "u" and 8 * stored.itemsize <= bits and (slope, intercept) == (1, 0):
        return stored, slope, intercept, ()
    windows = tuple(_measure(stored[..., channel], slope, intercept, volume.options) for channel in range(stored.shape[3]))
    return stored, slope, intercept, windows


def _measure(channel: Pixels, slope: float, intercept: float, options: IngestionOptions) -> Window:
    if options.window == "minmax":
        sound = channel[np.isfinite(channel)]
        sample = np.array([sound.min(), sound.max()]) if sound.size else sound
    else:
        # An odd step, so that it does not run down the same columns in every row.
        sample = channel.ravel()[:: math.ceil(channel.size / _SAMPLE) | 1]
    return find_window(_scale(sample, slope, intercept), options)


@lru_cache(maxsize=2)
def _read_mask(volume: Volume) -> Pixels:
    stored, slope, intercept = read_volume(volume.file, volume.plane)
    if stored.shape[3] > 1:
        msg = f"A segmentation has one channel. Received: {stored.shape[3]}."
        raise ValueError(msg)
    labels = _scale(stored[..., 0], slope, intercept)
    if not np.isfinite(labels).all():
        msg = "A segmentation has values that are no numbers."
        raise ValueError(msg)
    if volume.options.lesion_values is not None:
        return labels
    # The volume as a whole has two values, else one of three labels would pass wherever it is alone in a slice.
    return binarise(labels.reshape(len(labels), -1)).reshape(labels.shape)


def _scale(stored: Pixels, slope: float, intercept: float) -> npt.NDArray[np.float64] | Pixels:
    return stored if (slope, intercept) == (1, 0) else stored.astype(np.float64) * slope + intercept
