"""The one channel of an image that is shown and measured."""

from __future__ import annotations

import numpy as np

from tumourflow.types import Pixels


def take_plane(image: Pixels, lead_channel: int) -> Pixels:
    """Take the lead channel of an image; an image with fewer channels shows its last.

    Args:
        image: `(height, width)` or `(height, width, channels)`.
        lead_channel: Counted from 0.

    Example:
        >>> take_plane(np.array([[[1, 2]]]), 1).tolist(), take_plane(np.array([[1]]), 2).tolist()
        ([[2]], [[1]])
    """
    return np.ascontiguousarray(image if image.ndim == 2 else image[:, :, min(lead_channel, image.shape[2] - 1)])
