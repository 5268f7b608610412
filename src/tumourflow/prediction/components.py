"""Connected components of a patient's volume, which of them are kept, and holes in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tumourflow.types import Mask

Labels = npt.NDArray[np.int32]
Areas = npt.NDArray[np.int64]

_ALL_NEIGHBOURS = np.ones((3, 3, 3), bool)


def label_volume(masks: Sequence[Mask], slices: Sequence[int]) -> list[Labels]:
    """Number the components of one patient; adjacent slices are joined where their pixels touch, be it in a corner.

    Slices are adjacent when their numbers follow one another and their shapes agree; others are never joined.

    Args:
        masks: The patient's masks in the order of `slices`, each `(height, width)` booleans.
        slices: Number of each slice, ascending.

    Returns:
        For each slice `(height, width)`: 0 where the mask is empty, else the number of the component, counted from 1 over the patient.

    Example:
        >>> dot, blank = np.array([[True, False]]), np.array([[False, False]])
        >>> [labels.tolist() for labels in label_volume([dot, dot, blank, dot], [1, 2, 3, 4])]
        [[[1, 0]], [[1, 0]], [[0, 0]], [[2, 0]]]
    """
    from scipy import ndimage

    labelled: list[Labels] = []
    found = 0
    for start, stop in _runs(masks, slices):
        labels, number = ndimage.label(np.stack(masks[start:stop]), _ALL_NEIGHBOURS)
        labels[labels > 0] += found
        labelled.extend(labels)
        found += number
    return labelled


def component_areas(labels: Sequence[Labels]) -> Areas:
    """Count the pixels of each component over all slices of a patient.

    Args:
        labels: What `label_volume` gave.

    Returns:
        Pixels of component 1, 2, ..., shape `(components,)`.

    Example:
        >>> component_areas([np.array([[1, 1, 0]]), np.array([[1, 0, 2]])]).tolist()
        [3, 1]
    """
    number = max((int(each.max(initial=0)) for each in labels), default=0)
    totals = np.zeros(number + 1, np.int64)
    for each in labels:
        totals += np.bincount(each.ravel(), minlength=number + 1)
    return totals[1:]


def keep_components(areas: Areas, share: float, minimum_area: int) -> npt.NDArray[np.bool_]:
    """Tell which components are large enough.

    Args:
        areas: Pixels of each component of a patient.
        share: A component must reach this share of the largest one, 0..1.
        minimum_area: A component must reach this number of pixels.

    Returns:
        One boolean a component.

    Example:
        >>> keep_components(np.array([100, 20, 19, 4]), share=0.2, minimum_area=0).tolist()
        [True, True, False, False]
    """
    # The tolerance lets 20 reach a fifth of 100 in binary arithmetic too.
    kept: npt.NDArray[np.bool_] = (areas >= share * areas.max(initial=0) - 1e-6) & (areas >= minimum_area)
    return kept


def remove_components(masks: Sequence[Mask], slices: Sequence[int], share: float, minimum_area: int) -> list[Mask]:
    """Empty a patient's masks of components that are too small.

    Args:
        masks: The patient's masks in the order of `slices`, each `(height, width)` booleans.
        slices: Number of each slice, ascending.
        share: Smallest share of the patient's largest component that is kept, 0..1; 0 keeps all.
        minimum_area: Smallest number of pixels, over all slices, that is kept.

    Returns:
        New masks, each a part of the one given.
    """
    labels = label_volume(masks, slices)
    kept = np.append(False, keep_components(component_areas(labels), share, minimum_area))
    return [kept[each] for each in labels]


def fill_holes(mask: Mask) -> Mask:
    """Fill the holes of a slice: background that does not reach the border over the sides of pixels.

    Args:
        mask: `(height, width)` booleans.

    Returns:
        A new mask that holds the given one.

    Example:
        >>> fill_holes(np.array([[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0]], bool)).astype(int).tolist()
        [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    """
    from scipy import ndimage

    filled = mask.copy()
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if len(rows):
        # No hole lies outside the box of what is there.
        box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        filled[box] = ndimage.binary_fill_holes(mask[box])
    return filled


def _runs(masks: Sequence[Mask], slices: Sequence[int]) -> list[tuple[int, int]]:
    starts = [
        place
        for place in range(len(masks))
        if place == 0 or slices[place] != slices[place - 1] + 1 or masks[place].shape != masks[place - 1].shape
    ]
    return list(zip(starts, [*starts[1:], len(masks)], strict=True))
