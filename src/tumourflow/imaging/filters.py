"""Noise removal and local contrast of stored pixels, one channel at a time.

Strengths are shares of the channel's own brightness (its 99.5th percentile), as scanners differ in brightness by a factor of ten.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from tumourflow.imaging.intensity import Counts, find_percentile
from tumourflow.types import Float32, Pixels

LARGE = 400
"""Pixels of the shorter side from which the median's square is 5 instead of 3 pixels wide."""
BILATERAL_DIAMETER, BILATERAL_DISTANCE, BILATERAL_DIFFERENCE = 7, 2.0, 0.1
"""Pixels that are averaged, their standard deviation of distance in pixels, and of grey values as a share of the brightness."""
PATCH, SEARCH, NONLOCAL_DIFFERENCE = 5, 13, 0.03
"""Side of a patch and of the square in which others like it are sought, in pixels, and how much their pixels differ on average."""
TOTAL_VARIATION_WEIGHT, TOTAL_VARIATION_STEPS = 0.04, 50
"""Weight of smoothness against likeness, and the largest number of steps."""
CLAHE_LIMIT, CLAHE_TILES = 2.0, 8
"""Steepest gain of contrast relative to an even histogram, and the number of tiles along each side."""
WHITE = 2
"""Times the 99.5th percentile: what is brighter still is writing or a broken pixel, and must not take the grey levels of all others."""


def find_whites(counts: Counts) -> tuple[float, ...]:
    """Find the grey value of each channel that `equalise` takes for white, of all slices that are measured together.

    Args:
        counts: How often each grey value occurs, shape `(channels, values)`.

    Returns:
        The brightest value there is, at most `WHITE` times the 99.5th percentile.

    Example:
        >>> find_whites(np.bincount([0, 9, 12])[None])
        (12.0,)
    """
    brightest = [float(values[-1]) if (values := np.flatnonzero(channel)).size else 0.0 for channel in counts]
    limits = [WHITE * find_percentile(channel, 99.5) for channel in counts]
    return tuple(min(bright, limit) if limit else bright for bright, limit in zip(brightest, limits, strict=True))


def remove_outliers(plane: Pixels) -> Pixels:
    """Replace each pixel by the median of its square: single bright or dark pixels go, straight edges stay.

    Args:
        plane: Shape `(height, width)`, uint8 or uint16.

    Returns:
        Same shape and dtype.

    Example:
        >>> remove_outliers(np.array([[10, 10, 10], [10, 99, 10], [10, 10, 10]], np.uint8))[1].tolist()
        [10, 10, 10]
    """
    return np.asarray(cv2.medianBlur(plane, 3 if min(plane.shape) < LARGE else 5))


def smooth_bilateral(plane: Pixels) -> Pixels:
    """Average neighbours of like brightness (Tomasi and Manduchi 1998, DOI 10.1109/ICCV.1998.710815).

    Args:
        plane: Shape `(height, width)`, uint8 or uint16.

    Returns:
        Same shape and dtype.
    """
    return _by_shares(plane, lambda shares: cv2.bilateralFilter(shares, BILATERAL_DIAMETER, BILATERAL_DIFFERENCE, BILATERAL_DISTANCE))


def smooth_nonlocal(plane: Pixels) -> Pixels:
    """Average pixels whose surroundings look alike (Buades 2005, DOI 10.1109/CVPR.2005.38).

    The dearest of the filters: .1 s for 512 x 512 pixels on one core, where total variation takes .02 s, the bilateral filter .01 s
    and the others about .001 s.

    Args:
        plane: Shape `(height, width)`, uint8 or uint16.

    Returns:
        Same shape and dtype.
    """
    strength = NONLOCAL_DIFFERENCE * _brightness(plane)
    return np.asarray(cv2.fastNlMeansDenoising(plane, [strength], None, PATCH, SEARCH, cv2.NORM_L1))


def smooth_total_variation(plane: Pixels) -> Pixels:
    """Flatten areas between edges (Chambolle 2004, DOI 10.1023/B:JMIV.0000011325.36760.1e).

    Args:
        plane: Shape `(height, width)`, uint8 or uint16.

    Returns:
        Same shape and dtype.
    """
    from skimage.restoration import denoise_tv_chambolle

    return _by_shares(plane, lambda shares: denoise_tv_chambolle(shares, weight=TOTAL_VARIATION_WEIGHT, max_num_iter=TOTAL_VARIATION_STEPS))


def equalise(plane: Pixels, white: float | None = None) -> Pixels:
    """Raise local contrast: adaptive histogram equalisation of limited gain (CLAHE; Zuiderveld 1994, Graphics Gems IV).

    Args:
        plane: Shape `(height, width)`, uint8 or uint16.
        white: Histograms have 256 bins: of 16 bits, the range from 0 to this grey value, by default to the brightest pixel. Where it is
            that of all slices of a patient, a dark one among them stays dark.

    Returns:
        Same shape and dtype, over the dtype's whole range.
    """
    limited = cv2.createCLAHE(CLAHE_LIMIT, (CLAHE_TILES, CLAHE_TILES))
    if plane.dtype == np.uint8:
        return np.asarray(limited.apply(plane))
    brightest = float(plane.max()) if white is None else white
    small = np.rint(np.minimum(plane * (255 / max(brightest, 1.0)), 255)).astype(np.uint8)
    return limited.apply(small) * np.uint16(257)


def _by_shares(plane: Pixels, smooth: Callable[[Float32], Pixels]) -> Pixels:
    white = _brightness(plane)
    smoothed = smooth((plane / white).astype(np.float32)) * white
    return np.rint(np.clip(smoothed, 0, np.iinfo(plane.dtype).max)).astype(plane.dtype)


def _brightness(plane: Pixels) -> float:
    return max(float(np.percentile(plane, 99.5)), 1.0)
