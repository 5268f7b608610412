"""The search for images that are nearly copies, which after a change asks only about what the change can have touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tumourflow.curation.neighbours import Reach, find_touched, list_neighbours, list_neighbours_of, sort_pairs
from tumourflow.curation.row_file import RowFile

_WORTH = 8
"""Where more than one in so many would have to be asked about anew, all are."""

_Rows = npt.NDArray[np.int64]


class Searched(NamedTuple):
    """What a search looked at, and what it found.

    Attributes:
        identities: Shape `(n,)` uint64, in the order of the rows: of each image what its neighbours depend on.
        near: Each image and those whose hashes are near, shape `(m, 2)`, sorted.
        alike: Those of them, smaller row first, whose thumbnails were found to correlate, shape `(k, 2)`, sorted.
        correlation: How much, shape `(k,)`.
    """

    identities: npt.NDArray[np.uint64]
    near: npt.NDArray[np.int32]
    alike: npt.NDArray[np.int32]
    correlation: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hashed:
    """Images to search among.

    Attributes:
        identities: As in `Searched`; those that stay keep their order.
        hashes: Shape `(n, d)`.
        reach: How far apart the hashes of images that count as alike can be.
    """

    identities: npt.NDArray[np.uint64]
    hashes: RowFile
    reach: Reach


def list_near(images: Hashed, earlier: Searched | None) -> _Rows:
    """List each image and those whose hashes are near; the same whether or not an earlier search is gone by.

    A list can have changed only where one of its images is gone, or where a new image is within reach.

    Args:
        images: To search among.
        earlier: An earlier search with the same reach.

    Returns:
        Shape `(m, 2)`, sorted.
    """
    number = len(images.identities)
    if earlier is None or not number:
        return list_neighbours(images.hashes, images.reach)
    places = place_earlier(earlier, images)
    new = np.setdiff1d(np.arange(number), places)
    if len(new) * _WORTH > number:
        return list_neighbours(images.hashes, images.reach)
    asked, moved = find_touched(new, images.hashes, images.reach), places[earlier.near]
    stays, other_stays = (moved >= 0).T
    asked[new] = asked[moved[stays & ~other_stays, 0]] = True
    if np.count_nonzero(asked) * _WORTH > number:
        return list_neighbours(images.hashes, images.reach)
    kept = moved[stays & other_stays]
    kept = kept[~asked[kept[:, 0]]]
    return sort_pairs(np.concatenate([kept, list_neighbours_of(np.flatnonzero(asked), images.hashes, images.reach)]), number)


def recall_correlations(near: _Rows, images: Hashed, earlier: Searched | None) -> npt.NDArray[np.float64]:
    """Take from an earlier search how much pairs correlate.

    Args:
        near: Pairs, smaller row first, shape `(m, 2)`.
        images: Among which they were found.
        earlier: An earlier search with the same reach.

    Returns:
        Shape `(m,)`: NaN where the pair has to be looked at, -1 where it was found not to correlate.
    """
    found = np.full(len(near), np.nan)
    if earlier is None:
        return found
    places, number = place_earlier(earlier, images), len(images.identities)

    def code(pairs: npt.NDArray[np.int32]) -> _Rows:
        ends = np.sort(places[pairs], axis=1)
        return np.asarray(np.where(ends[:, 0] >= 0, ends[:, 0] * number + ends[:, 1], -1), dtype=np.int64)

    wanted, alike = near[:, 0] * number + near[:, 1], code(earlier.alike)
    found[np.isin(wanted, code(earlier.near))] = -1
    stay = alike >= 0
    known = np.isin(wanted, alike[stay])
    found[known] = earlier.correlation[stay][np.searchsorted(alike[stay], wanted[known])]
    return found


def place_earlier(earlier: Searched, images: Hashed) -> _Rows:
    """Find where the images of an earlier search stand now, -1 where they are gone or changed."""
    order = np.argsort(images.identities)
    ranked = images.identities[order]
    spots = np.minimum(np.searchsorted(ranked, earlier.identities), max(len(ranked) - 1, 0))
    return np.where(ranked[spots] == earlier.identities, order[spots], -1) if len(ranked) else np.full(len(earlier.identities), -1)
