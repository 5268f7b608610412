"""Clusters of pixels that are alike."""

from __future__ import annotations

import cv2
import numpy as np

from tumourflow.classical.field import Field, smooth
from tumourflow.types import Mask

_AROUND = 0.04
"""Width of a pixel's surroundings, as a share of the side."""
_ROUNDS, _STILL = 50, 1e-3
"""When the centres are taken as found: after so many rounds, or once they move less than this, in standard deviations."""


def cluster_k_means(field: Field, clusters: int) -> Mask:
    """Part the tissue of a slice by k-means on the brightness of each pixel and of its surroundings, and take the brightest cluster.

    At first the clusters are as many parts of equal size in the order of brightness, so that nothing is left to chance.

    Args:
        field: A slice.
        clusters: Number of clusters, at least 2.

    Returns:
        `(side, side)` booleans; empty where the slice has fewer different pixels than clusters. A slice without tumour is parted all
        the same.

    Reference:
        Lloyd 1982, doi:10.1109/TIT.1982.1056489.

    Example:
        >>> image = np.zeros((16, 16), np.float32)
        >>> image[4:9, 4:9] = 3
        >>> cluster_k_means(Field(image, np.ones((16, 16), bool)), clusters=2).sum()
        np.int64(25)
    """
    if field.is_blank():
        return np.zeros_like(field.tissue)
    pixels = np.stack([field.image[field.tissue], smooth(field.image, _AROUND)[field.tissue]], axis=1)
    brightness = pixels.sum(axis=1)
    if len(np.unique(brightness)) < clusters:
        return np.zeros_like(field.tissue)
    first = (np.argsort(np.argsort(brightness, kind="stable"), kind="stable") * clusters // len(brightness)).astype(np.int32)
    until = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, _ROUNDS, _STILL)
    _, labels, centres = cv2.kmeans(pixels, clusters, first[:, None], until, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    mask = np.zeros_like(field.tissue)
    mask[field.tissue] = labels[:, 0] == np.argmax(centres.sum(axis=1))
    return mask
