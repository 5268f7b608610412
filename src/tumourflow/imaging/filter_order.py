"""Filters one after the other, on every channel of an image: on the whole of it, or only on what is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tumourflow.imaging.filters import equalise, remove_outliers, smooth_bilateral, smooth_nonlocal, smooth_total_variation
from tumourflow.imaging.geometry import Extent
from tumourflow.options.preparation import Filter, FilterStep
from tumourflow.types import Pixels

_FILTERS: dict[Filter, Callable[[Pixels, float | None], Pixels]] = {
    "median": lambda plane, _: remove_outliers(plane),
    "bilateral": lambda plane, _: smooth_bilateral(plane),
    "nonlocal_means": lambda plane, _: smooth_nonlocal(plane),
    "total_variation": lambda plane, _: smooth_total_variation(plane),
    "clahe": equalise,
}


def apply_filters(image: Pixels, filters: Sequence[Filter], whites: Sequence[float] = ()) -> Pixels:
    """Filter every channel of an image by itself.

    Args:
        image: Shape `(height, width)` or `(height, width, channels)`, uint8 or uint16.
        filters: Names in the order in which they are applied.
        whites: What `find_whites` gave; by default each channel's brightest pixel.

    Returns:
        Same shape and dtype; the image itself where there are no filters.
    """
    if not filters:
        return image
    planes = [np.ascontiguousarray(plane) for plane in np.moveaxis(np.atleast_3d(image), 2, 0)]
    known: Sequence[float | None] = whites or [None] * len(planes)
    for name in filters:
        planes = [_FILTERS[name](plane, white) for plane, white in zip(planes, known, strict=True)]
    return np.stack(planes, axis=-1).reshape(image.shape)


def filter_in_order(image: Pixels, steps: Sequence[FilterStep], seen: Extent, whites: Sequence[float] = ()) -> Pixels:
    """Filter an image as a whole up to the step `crop`, and after it only what is looked at.

    Args:
        image: Shape `(height, width)` or `(height, width, channels)`, uint8 or uint16.
        steps: Names in the order in which they are applied; `crop` at most once.
        seen: What is looked at; beyond it the steps after `crop` change nothing.
        whites: See `apply_filters`.

    Returns:
        Same shape and dtype; the image itself where there are no filters.
    """
    filters = [step for step in steps if step != "crop"]
    crop = steps.index("crop") if "crop" in steps else len(filters)
    whole = apply_filters(image, filters[:crop], whites)
    if crop == len(filters):
        return whole
    place = np.s_[seen.top : seen.bottom, seen.left : seen.right]
    filtered = whole.copy()
    filtered[place] = apply_filters(whole[place], filters[crop:], whites)
    return filtered
