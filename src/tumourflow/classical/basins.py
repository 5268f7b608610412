"""Regions that meet where the image is steepest."""

from __future__ import annotations

import numpy as np

from tumourflow.classical.field import Field
from tumourflow.types import Mask


def flood_watershed(field: Field, inside: float, outside: float) -> Mask:
    """Flood the steepness of a slice from markers, and take the basins of those that are surely tumour.

    Tissue brighter than one level is marked as tumour, tissue darker than another and all that is no tissue as background; both spread
    until they meet at the crests, which are the edges of the image.

    Args:
        field: A slice.
        inside: Brightness from which a pixel is surely tumour, in standard deviations of the patient's tissue above its mean.
        outside: Brightness below which a pixel is surely none; below `inside`.

    Returns:
        `(side, side)` booleans; empty where no pixel is bright enough, and where the slice is blank.

    Reference:
        Meyer 1994, doi:10.1016/0165-1684(94)90060-4.

    Example:
        >>> image = np.zeros((16, 16), np.float32)
        >>> image[4:9, 4:9], image[6, 6] = 2, 3
        >>> flood_watershed(Field(image, np.ones((16, 16), bool)), inside=2.5, outside=0.5)[5:8, 5:8].all()
        np.True_
    """
    from skimage.filters import sobel
    from skimage.segmentation import watershed

    surely = field.tissue & (field.image >= inside)
    if field.is_blank() or not surely.any():
        return np.zeros_like(field.tissue)
    markers = np.where(surely, 2, np.where(~field.tissue | (field.image < outside), 1, 0)).astype(np.int32)
    tumour: Mask = field.tissue & (watershed(sobel(field.image), markers) == 2)
    return tumour
