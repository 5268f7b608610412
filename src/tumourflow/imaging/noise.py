"""Blur and noise of a scanner."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from tumourflow.types import Float32

BANK_SIZE = 2**21


def blur(plane: Float32, sigma: float) -> Float32:
    """Blur one channel with a Gaussian.

    Args:
        plane: Shape `(height, width)`.
        sigma: Standard deviation in pixels; 0 changes nothing.

    Returns:
        An array of the same shape; the plane itself where sigma is 0.
    """
    if sigma == 0:
        return plane
    side = 2 * math.ceil(3 * sigma) + 1
    return np.asarray(cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def add_noise(plane: Float32, sigma: float, place: float) -> Float32:
    """Add Gaussian noise.

    The noise is a stretch of two million normal numbers that are drawn once and the same for ever: drawing them anew would take longer
    than all other changes of an image together.

    Args:
        plane: Shape `(height, width)`.
        sigma: Standard deviation; 0 changes nothing.
        place: Which stretch is taken, in [0, 1).

    Returns:
        An array of the same shape; the plane itself where sigma is 0.
    """
    if sigma == 0:
        return plane
    noise: Float32 = _stretch_of_noise(plane.size, place).reshape(plane.shape) * np.float32(sigma)
    noise += plane
    return noise


def _stretch_of_noise(length: int, place: float) -> Float32:
    bank = _noise_bank()
    if length > bank.size:
        return np.resize(bank, length)
    start = int(place * (bank.size - length))
    return bank[start : start + length]


@lru_cache(maxsize=1)
def _noise_bank() -> Float32:
    bank = np.random.default_rng(0).standard_normal(BANK_SIZE, dtype=np.float32)
    bank.flags.writeable = False
    return bank
