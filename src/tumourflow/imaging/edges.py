"""Edges of a prepared channel."""

from __future__ import annotations

import cv2
import numpy as np

from tumourflow.imaging.crop import View
from tumourflow.imaging.geometry import cut_box, resize_square
from tumourflow.imaging.intensity import to_bytes
from tumourflow.options.preparation import Edges
from tumourflow.types import Float32

CANNY_LOW, CANNY_HIGH = 40, 100
"""Steepness from which a line goes on and from which it begins, as sums of a Sobel square in a picture of 256 grey values."""
CANNY_BLUR = 1.0
"""Standard deviation in pixels of the blur before it."""


def find_canny(plane: Float32, window: tuple[float, float]) -> Float32:
    """Find thin lines along the steepest places (Canny 1986, DOI 10.1109/TPAMI.1986.4767851).

    Args:
        plane: Normalised values, shape `(height, width)`; being normalised, they need no threshold of their own.
        window: Values that count as black and as white.

    Returns:
        Shape `(height, width)`, 1 on edges and 0 elsewhere.
    """
    smooth = cv2.GaussianBlur(to_bytes(plane, window), (0, 0), CANNY_BLUR)
    return np.asarray(cv2.Canny(smooth, CANNY_LOW, CANNY_HIGH, L2gradient=True) > 0, np.float32)


def find_sobel(plane: Float32) -> Float32:
    """Measure how steep the values are.

    Args:
        plane: Shape `(height, width)`.

    Returns:
        Shape `(height, width)`, difference from one pixel to the next in the steepest direction, at least 0.

    Example:
        >>> find_sobel(np.array([[0, 2, 4]] * 3, np.float32))[1, 1]
        np.float32(2.0)
    """
    across, down = (cv2.Sobel(plane, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    # OpenCV's own magnitude differs in the last bit with where an array lies in memory.
    return np.asarray(np.sqrt(across**2 + down**2), np.float32)


def find_seen_edges(edges: Edges, plane: Float32, window: tuple[float, float], view: View, shape: tuple[int, ...]) -> Float32:
    """Find the edges of a prepared channel; where the image itself ends there is no edge of anything.

    Args:
        edges: `canny` or `sobel`.
        plane: Normalised values, shape `(size, size)`.
        window: Values that count as black and as white.
        view: What was looked at.
        shape: Native height and width.

    Returns:
        Shape `(size, size)`, at least 0.
    """
    lead = np.ascontiguousarray(plane, np.float32)
    found = find_canny(lead, window) if edges == "canny" else find_sobel(lead)
    seen = resize_square(cut_box(np.ones(shape, np.float32), *view), len(lead)) > 0.999
    return found * cv2.erode(seen.astype(np.float32), np.ones((5, 5), np.uint8))
