"""Grey values: what is tissue, and how bright is it, over all slices of a patient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumourflow.options.preparation import Normalisation
from tumourflow.types import Float32, Pixels

Counts = npt.NDArray[np.int64]

FOREGROUND_SHARE = 0.12
"""Tissue is brighter than this share of the volume's 99.5th percentile; air and its noise lie below."""
WINDOWS: dict[Normalisation, tuple[float, float]] = {"zscore": (-4.0, 6.0), "percentile": (-0.5, 1.5)}
"""Values to which each normalisation is clipped."""
PICTURE_WINDOWS: dict[Normalisation, tuple[float, float]] = {"zscore": (-2.5, 3.5), "percentile": (-0.2, 1.1)}
"""Values that figures show as black and as white."""


@dataclass(frozen=True)
class ChannelScale:
    """How one channel of one patient becomes comparable with that of others.

    Attributes:
        threshold: Tissue is brighter than this.
        centre: Grey value that becomes 0.
        spread: Difference of grey values that becomes 1.
    """

    threshold: float
    centre: float
    spread: float


def require_channels(image: Pixels, channels: int) -> Pixels:
    """Give a grey image its axis of channels, and make sure that an image has as many as its cohort.

    Args:
        image: Shape `(height, width)` or `(height, width, channels)`.
        channels: Number of channels of the cohort.

    Returns:
        Shape `(height, width, channels)`.

    Raises:
        ValueError: Where the image has another number of channels; curation leaves such images out.

    Example:
        >>> require_channels(np.array([[7]], np.uint8), 1).tolist()
        [[[7]]]
    """
    image = np.atleast_3d(image)
    if image.shape[2] != channels:
        msg = f"`image` must have {channels} channels. Received: {image.shape[2]}."
        raise ValueError(msg)
    return image


def count_values(volume: Iterable[Pixels]) -> Counts:
    """Count how often each grey value occurs, slice after slice, so that no volume has to be held.

    Args:
        volume: Slices of shape `(height, width, channels)`, uint8 or uint16.

    Returns:
        Shape `(channels, 65536)`.

    Raises:
        ValueError: Where there is no slice, or one of another dtype.
    """
    total: Counts | None = None
    for image in volume:
        if image.dtype not in (np.uint8, np.uint16):
            msg = f"`volume` must hold uint8 or uint16 pixels. Received: {image.dtype}."
            raise ValueError(msg)
        planes = np.ascontiguousarray(image.reshape(-1, image.shape[2]).T)
        counts = np.stack([np.bincount(plane, minlength=2**16) for plane in planes])
        total = counts if total is None else total + counts
    if total is None:
        msg = "`volume` must hold at least one slice."
        raise ValueError(msg)
    return total


def find_percentile(counts: Counts, percent: float) -> int:
    """Find the smallest grey value that at least `percent` of the pixels do not exceed; 0 where there are no pixels.

    Example:
        >>> find_percentile(np.array([0, 3, 0, 1]), 75), find_percentile(np.array([0, 3, 0, 1]), 76)
        (1, 3)
    """
    reached = np.cumsum(counts)
    return int(np.searchsorted(reached, reached[-1] * percent / 100)) if reached[-1] else 0


def find_threshold(counts: Counts) -> float:
    """Find the grey value that tissue exceeds.

    Example:
        >>> find_threshold(np.bincount([0, 0, 100]))
        12.0
    """
    return FOREGROUND_SHARE * find_percentile(counts, 99.5)


def measure_channel(counts: Counts, normalisation: Normalisation) -> ChannelScale:
    """Measure one channel over its foreground.

    Args:
        counts: How often each grey value occurs in the patient's volume, shape `(values,)`.
        normalisation: `zscore`: mean and standard deviation; `percentile`: the 1st percentile and the way from it to the 99.5th.

    Returns:
        The scale. A spread is never under one grey level, so that a constant channel stays finite; a black channel has centre 0.

    Example:
        >>> measure_channel(np.bincount([0, 0, 0, 10, 14]), "zscore")
        ChannelScale(threshold=1.68, centre=12.0, spread=2.0)
    """
    threshold = find_threshold(counts)
    values = np.flatnonzero(counts)
    values = values[values > threshold]
    tissue = counts[values]
    number = int(tissue.sum())
    if number == 0:
        return ChannelScale(threshold, 0.0, 1.0)
    if normalisation == "percentile":
        low, high = (values[find_percentile(tissue, percent)] for percent in (1, 99.5))
        return ChannelScale(threshold, float(low), float(max(high - low, 1)))
    mean = float(values @ tissue) / number
    # Not a matrix product: its last bit depends on how many threads the machine has.
    variance = float(((values - mean) ** 2 * tissue).sum()) / number
    return ChannelScale(threshold, mean, max(variance**0.5, 1.0))


def to_bytes(image: Float32, window: tuple[float, float]) -> npt.NDArray[np.uint8]:
    """Turn normalised values into pictures: the window's ends become 0 and 255, what lies beyond is clipped.

    Example:
        >>> to_bytes(np.array([-9, -4, 1, 6], np.float32), (-4, 6)).tolist()
        [0, 0, 128, 255]
    """
    low, high = window
    shares = np.clip((image - low) / (high - low), 0, 1)
    return np.asarray(np.rint(shares * 255), np.uint8)


def normalise(image: Float32, scales: tuple[ChannelScale, ...], normalisation: Normalisation) -> Float32:
    """Bring grey values to a common scale and clip them.

    Args:
        image: Shape `(height, width, channels)`.
        scales: One for each channel.
        normalisation: Which window the values are clipped to, see `WINDOWS`.

    Returns:
        Shape `(height, width, channels)`.
    """
    centre = np.array([scale.centre for scale in scales], np.float32)
    spread = np.array([scale.spread for scale in scales], np.float32)
    scaled: Float32 = np.clip((image - centre) / spread, *WINDOWS[normalisation])
    return scaled
