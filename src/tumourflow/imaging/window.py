"""Grey values of any range are brought to 8 or 16 bits through a window, and never wrap."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

Window = tuple[float, float]


def find_window(values: Pixels, options: IngestionOptions) -> Window:
    """Find the grey values that become black and white.

    Args:
        values: Grey values of an image or a volume, or a sample of them; any shape, integers or floating-point numbers. Values that are
            not finite have no say.
        options: `window`, `window_low` and `window_high` are used.

    Returns:
        `(low, high)` with `low <= high`. Where both percentiles are one value, as in an image that is nearly all background, the window
        is that of `minmax`; where no value is finite, it is `(0, 0)`.

    Example:
        >>> find_window(np.array([-3, 0, 900]), IngestionOptions(reader="figshare", window="minmax"))
        (-3.0, 900.0)
    """
    if options.window == "fixed":
        return options.window_low, options.window_high
    finite = values if np.issubdtype(values.dtype, np.integer) else values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 0.0
    if options.window == "percentile":
        # Percentiles that are values of the image: between two huge ones NumPy would interpolate beyond what it can hold.
        low, high = _find_percentiles(finite, [options.window_low, options.window_high])
        if low < high:
            return float(low), float(high)
    return float(finite.min()), float(finite.max())


def apply_window(values: Pixels, window: Window, bits: Literal[8, 16]) -> Pixels:
    """Bring grey values to 8 or 16 bits.

    Args:
        values: Array of any shape, integers or floating-point numbers.
        window: `(low, high)`: `low` and what lies below becomes 0, `high` and what lies above the largest value. Where both are one
            value, it and what lies below becomes 0.
        bits: 8 or 16.

    Returns:
        New uint8 or uint16 array of the same shape, rounded to the nearest; what is not a number becomes 0. The window (0, 65535) leaves
        values that 16 bits can hold as they are.

    Example:
        >>> apply_window(np.array([-5, 0, 500, 1000, 32767], np.int16), (0, 1000), 8).tolist()
        [0, 0, 128, 255, 255]
    """
    dtype = np.uint8 if bits == 8 else np.uint16
    if _has_table(values):
        low, high = int(values.min()), int(values.max())
        table = _scale(np.arange(low, high + 1), window, 2**bits - 1).astype(dtype)
        # Sixteen bits go round, so that this is the distance from `low` for signed values too.
        return table.take(values.view(np.uint16) - np.uint16(low % 2**16))
    return _scale(values, window, 2**bits - 1).astype(dtype)


def _has_table(values: Pixels) -> bool:
    # An image has more pixels than 16 bits have values: to look each value up, or to count it, is several times faster.
    return values.dtype in {np.dtype(np.int16), np.dtype(np.uint16)} and values.size > 2**16


def _find_percentiles(values: Pixels, percentiles: list[float]) -> npt.NDArray[np.generic]:
    if not _has_table(values):
        return np.asarray(np.percentile(values, percentiles, method="nearest"))
    # What NumPy gives, by counting instead of sorting.
    low = int(values.min())
    counts = np.bincount((values.view(np.uint16) - np.uint16(low % 2**16)).ravel(order="K"))
    ranks = np.rint(np.true_divide(percentiles, 100) * (values.size - 1))
    return np.asarray(low + np.searchsorted(np.cumsum(counts), ranks, side="right"))


def _scale(values: Pixels, window: Window, largest: int) -> Pixels:
    low, high = window
    # Halves, for the difference of two huge numbers cannot be held.
    span = high / 2 - low / 2
    if not span > 0:
        return np.where(values > high, float(largest), 0.0)
    share = (np.clip(values.astype(np.float64), low, high) / 2 - low / 2) / span
    return np.rint(np.nan_to_num(share, nan=0.0) * largest)
