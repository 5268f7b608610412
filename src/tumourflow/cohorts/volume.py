"""The slices of one NIfTI volume, shown through one window, or of several that are the channels of an image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
import numpy.typing as npt

from tumourflow.imaging.mask import binarise
from tumourflow.imaging.nifti_slices import SlicedVolume
from tumourflow.imaging.window import Window, apply_window, find_window
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

_SAMPLE = 4_000_000
# Slices are read in order, so that the volume of the last one is nearly always that of the next.
_OPENING = Lock()


@dataclass(frozen=True)
class Volume:
    """Slices of a file, or of several that lie in one place.

    Attributes:
        files: The file, or that of each channel.
        plane: World axis along which they are cut.
        stamp: State of the files when they were listed.
        options: How values are shown, and which of a segmentation's are lesion.
    """

    files: tuple[Path, ...]
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
        own. A slice with values that are no numbers comes as it is, for the ledger.

    Raises:
        ValueError: When a file cannot be read.
    """
    with _OPENING:
        opened = _open_image(volume)
    meant = [_scale(image.read(position), image) for image, _ in opened]
    if not all(np.isfinite(values).all() for values in meant):
        return np.concatenate(meant, axis=-1)
    channels = [_show(values, windows, volume.options.bits) for values, (_, windows) in zip(meant, opened, strict=True)]
    shown = np.concatenate(channels, axis=-1)
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
    with _OPENING:
        drawn, lesion = _open_mask(volume)
    labels = _read_labels(drawn, position)
    return labels if lesion is None else np.isin(labels, lesion)


@lru_cache(maxsize=2)
def _open_image(volume: Volume) -> tuple[tuple[SlicedVolume, tuple[Window, ...]], ...]:
    # All are opened before any is read: one that is damaged is found at once, for each of its slices.
    images = [SlicedVolume(file, volume.plane) for file in volume.files]
    return tuple((image, _find_windows(image, volume.options)) for image in images)


def _find_windows(image: SlicedVolume, options: IngestionOptions) -> tuple[Window, ...]:
    if image.dtype.kind == "u" and 8 * image.dtype.itemsize <= options.bits and (image.slope, image.intercept) == (1, 0):
        return ()
    # An odd step, so that it does not run down the same columns in every row.
    step = math.ceil(math.prod(image.shape[:3]) / _SAMPLE) | 1
    slices = (_sample(image.read(position), step, options) for position in range(image.shape[2]))
    samples = np.concatenate(list(slices), axis=0)
    return tuple(find_window(_scale(channel, image), options) for channel in samples.T)


def _show(values: Pixels, windows: tuple[Window, ...], bits: Literal[8, 16]) -> Pixels:
    if not windows:
        return values.astype(np.uint8 if bits == 8 else np.uint16)
    return np.stack([apply_window(values[..., channel], window, bits) for channel, window in enumerate(windows)], axis=-1)


def _sample(values: Pixels, step: int, options: IngestionOptions) -> Pixels:
    pixels = values.reshape(-1, values.shape[-1])
    if options.window == "fixed":
        return pixels[:0]
    if options.window == "percentile":
        return pixels[::step].copy()
    if values.dtype.kind != "f":
        return np.stack([pixels.min(axis=0), pixels.max(axis=0)])
    sound = np.where(np.isfinite(pixels), pixels, np.nan)
    return np.stack([np.fmin.reduce(sound, axis=0), np.fmax.reduce(sound, axis=0)])


@lru_cache(maxsize=2)
def _open_mask(volume: Volume) -> tuple[SlicedVolume, Pixels | None]:
    (file,) = volume.files
    drawn = SlicedVolume(file, volume.plane)
    if drawn.shape[3] > 1:
        msg = f"A segmentation has one channel. Received: {drawn.shape[3]}."
        raise ValueError(msg)
    values = np.unique(np.concatenate([_list_values(_read_labels(drawn, position)) for position in range(drawn.shape[2])]))
    if volume.options.lesion_values is not None:
        return drawn, None
    # The volume as a whole has two values, else one of three labels would pass wherever it is alone in a slice.
    return drawn, values[binarise(values[None])[0]]


def _read_labels(drawn: SlicedVolume, position: int) -> Pixels:
    labels = _scale(drawn.read(position)[..., 0], drawn)
    if not np.isfinite(labels).all():
        msg = "A segmentation has values that are no numbers."
        raise ValueError(msg)
    if labels.dtype.kind == "f" and (np.abs(labels - np.rint(labels)) <= abs(drawn.slope) / 2).all() and drawn.slope != 1:
        # Whole numbers that were stored as multiples of a fraction come back beside themselves.
        return np.rint(labels)
    return labels


def _list_values(labels: Pixels) -> Pixels:
    ends = np.array([labels.min(), labels.max()])
    # Nearly all have two values, and sorting them all would take longer than reading.
    return ends if ((labels == ends[0]) | (labels == ends[1])).all() else np.unique(labels)


def _scale(stored: Pixels, volume: SlicedVolume) -> npt.NDArray[np.float64] | Pixels:
    plain = (volume.slope, volume.intercept) == (1, 0)
    return stored if plain else stored.astype(np.float64) * volume.slope + volume.intercept
