"""Photographs that come with scikit-image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)
"""People, animals, things, sky, stained tissue, a retina, printed pages; some are round and bright on black, as heads are."""


def read_photograph(number: int) -> npt.NDArray[np.uint8]:
    """Read a photograph as grey values.

    Args:
        number: Place in `PHOTOGRAPHS`.

    Returns:
        Shape `(height, width)`.

    Raises:
        FileNotFoundError: Where the installed scikit-image does not bring it.
    """
    import skimage.data

    # The file itself: scikit-image would ask the network for what its package lacks.
    file = Path(skimage.data.__file__).parent / PHOTOGRAPHS[number]
    with Image.open(file) as picture:
        return np.asarray(picture.convert("L"), np.uint8)
