"""The search for images that are nearly copies, which after a change asks only about what the change can have touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from tumourflow.curation.neighbours import Reach, find_touched, list_neighbours, list_neighbours_of, sort_pairs
from tumourflow.curation.row_file import RowFile

_WORTH = 8
"""Where more than one in so many would have to be asked about anew, all are."""

Correlate: TypeAlias = Callable[[npt.NDArray[np.int32]], npt.NDArray[np.float64]]
"""Takes pairs of rows, shape `(m, 2)`, and gives the correlations of their thumbnails, shape `(m,)`."""


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


def list_near(images: Hashed, earlier: Searched | None) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """List each image and those whose hashes are near; with and without an earlier search they are the same.

    A list can have changed only where one of its images is gone, or where a new image is within reach.

    Args:
        images: To search among.
        earlier: An earlier search with the same reach.

    Returns:
        The lists, shape `(m, 2)`, sorted; and shape `(n,)`, whose list was made anew.
    """
    number = len(images.identities)
    everyone = np.ones(number, bool)
    if earlier is None:
        return list_neighbours(images.hashes, images.reach), everyone
    places = place_earlier(earlier, images)
    new = np.setdiff1d(np.arange(number), places)
    if len(new) * _WORTH > number:
        return list_neighbours(images.hashes, images.reach), everyone
    asked, moved = find_touched(new, images.hashes, images.reach), places[earlier.near]
    stays, other_stays = (moved >= 0).T
    asked[new] = asked[moved[stays & ~other_stays, 0]] = True
    if np.count_nonzero(asked) * _WORTH > number:
        return list_neighbours(images.hashes, images.reach), everyone
    moved = moved[stays & other_stays]
    moved = moved[~asked[moved[:, 0]]]
    return sort_pairs(np.concatenate([moved, list_neighbours_of(np.flatnonzero(asked), images.hashes, images.reach)]), number), asked


def search_near_copies(images: Hashed, earlier: Searched | None, correlate: Correlate, least: float) -> Searched:
    """Find the images whose thumbnails correlate.

    Args:
        images: To search among.
        earlier: An earlier search with the same reach and the same `least`.
        correlate: Tells how much the thumbnails of pairs correlate.
        least: Smallest correlation that counts.

    Returns:
        What was found.
    """
    near, asked = list_near(images, earlier)
    pairs = sort_pairs(np.sort(near[asked[near].any(axis=1)], axis=1), len(asked))
    correlation = correlate(pairs)
    alike = correlation >= least
    pairs, correlation = pairs[alike], correlation[alike]
    if earlier is not None:
        # Where neither of two lists was made anew, nothing about the pair has changed.
        ends = place_earlier(earlier, images)[earlier.alike]
        known = np.flatnonzero((ends >= 0).all(axis=1))
        known = known[~asked[ends[known]].any(axis=1)]
        pairs, correlation = np.concatenate([pairs, ends[known]]), np.concatenate([correlation, earlier.correlation[known]])
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        pairs, correlation = pairs[order], correlation[order]
    return Searched(images.identities, near, pairs, correlation)


def place_earlier(earlier: Searched, images: Hashed) -> npt.NDArray[np.int32]:
    """Find where the images of an earlier search stand now, -1 where they are gone or changed."""
    if not len(images.identities):
        return np.full(len(earlier.identities), -1, np.int32)
    order = np.argsort(images.identities)
    ranked = images.identities[order]
    spots = np.minimum(np.searchsorted(ranked, earlier.identities), len(ranked) - 1)
    return np.where(ranked[spots] == earlier.identities, order[spots], -1).astype(np.int32)
