"""Which points lie near which, without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tumourflow.curation.leaves import Points, list_candidates, sort_into_leaves, widen
from tumourflow.curation.row_file import RowFile
from tumourflow.types import Float32

MOST = 32
"""Largest number of neighbours taken of one point."""

_AT_ONCE = 256

_Rows = npt.NDArray[np.int64]
_Pairs = npt.NDArray[np.int32]
_Compared = tuple[_Rows, _Rows, Float32]


class Reach(NamedTuple):
    """Which points are neighbours.

    Attributes:
        product: Their product is at least this: the larger it is, the nearer are points of one norm.
        owners: Shape `(n,)`; points of one owner are no neighbours.
    """

    product: float
    owners: _Rows


def set_reach(radius: float, owners: _Rows, norm: float = 1) -> Reach:
    """Say how far a neighbour can be.

    Args:
        radius: Largest distance, as a share of the norm; where points were rounded, with a margin for it.
        owners: Shape `(n,)`; points of one owner are no neighbours.
        norm: That of every point.

    Returns:
        The product of points of that norm that are so far apart, with the owners.
    """
    return Reach((1 - radius**2 / 2) * norm**2, owners)


def list_neighbours(points: Points, reach: Reach) -> _Pairs:
    """List of each point those within reach; where there are more than 32, those of the largest product, and of equal ones the first.

    The points are halved along the widest of their main directions until a leaf holds at most 256 of them. A leaf is compared only
    with those points that can lie within reach of its box, so no pair is missed.

    Args:
        points: Shape `(n, d)`, rows of one norm. Integers of 16 bits take half the room; where that norm is below 4096, no machine
            rounds their products.
        reach: Which points are neighbours.

    Returns:
        Point and neighbour, shape `(m, 2)`, sorted.

    Example:
        >>> angles = np.array([0.0, 0.1, 2.0, 2.05])
        >>> points = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
        >>> list_neighbours(points, set_reach(0.2, np.arange(4))).tolist()
        [[0, 1], [1, 0], [2, 3], [3, 2]]
    """
    found = [np.empty((0, 2), np.int32)]
    with RowFile(points.shape[1], points.dtype) as rearranged:
        leaves = sort_into_leaves(points, rearranged)
        for leaf in range(len(leaves.low)):
            own = np.arange(leaves.starts[leaf], leaves.starts[leaf + 1])
            asked = _Asked(leaves.rows[own], leaves.points[own].astype(np.float32))
            near = list_candidates(leaves, leaf, reach.product)
            found.append(_take_nearest(_compare(leaves.points, near, asked, reach, leaves.rows), asked))
    return sort_pairs(np.concatenate(found), len(points))


def list_neighbours_of(rows: _Rows, points: Points, reach: Reach) -> _Pairs:
    """List the neighbours of some points, each of which is compared with all.

    Args:
        rows: Which points.
        points: All, as `list_neighbours` takes them.
        reach: Which points are neighbours.

    Returns:
        Those lists of `list_neighbours` that are of these points.
    """
    found = [_take_nearest(_compare(points, np.arange(len(points)), asked, reach), asked) for asked in _ask(points, rows)]
    return sort_pairs(np.concatenate([np.empty((0, 2), np.int32), *found]), len(points))


def find_touched(rows: _Rows, points: Points, reach: Reach) -> npt.NDArray[np.bool_]:
    """Find the points that have one of some points within reach.

    Args:
        rows: Which points.
        points: All, as `list_neighbours` takes them.
        reach: Which points are neighbours.

    Returns:
        Shape `(n,)`.
    """
    touched = np.zeros(len(points), bool)
    for asked in _ask(points, rows):
        for _, others, _ in _compare(points, np.arange(len(points)), asked, reach):
            touched[others] = True
    return touched


def sort_pairs(pairs: _Pairs, number: int) -> _Pairs:
    """Sort pairs of rows by the first, then the second, each once.

    Args:
        pairs: Shape `(m, 2)`.
        number: How many rows there are.

    Returns:
        Those pairs.
    """
    codes = pairs[:, 0].astype(np.int64)
    codes *= number
    codes += pairs[:, 1]
    codes.sort()
    codes = codes[np.diff(codes, prepend=-1) > 0]
    found = np.empty((len(codes), 2), np.int32)
    np.floor_divide(codes, max(number, 1), out=found[:, 0], casting="unsafe")
    np.remainder(codes, max(number, 1), out=found[:, 1], casting="unsafe")
    return found


class _Asked(NamedTuple):
    rows: _Rows
    inside: Float32


def _ask(points: Points, rows: _Rows) -> Iterator[_Asked]:
    for start in range(0, len(rows), _AT_ONCE):
        block = rows[start : start + _AT_ONCE]
        yield _Asked(block, points[block].astype(np.float32))


def _take_nearest(compared: Iterable[_Compared], asked: _Asked) -> _Pairs:
    lines, others, alike = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    for each in compared:
        joined = np.concatenate([lines, each[0]]), np.concatenate([others, each[1]]), np.concatenate([alike, each[2]])
        lines, others, alike = _keep_nearest(*joined)
    return np.column_stack([asked.rows[lines], others]).astype(np.int32)


def _compare(points: Points, places: _Rows, asked: _Asked, reach: Reach, names: _Rows | None = None) -> Iterator[_Compared]:
    # Lines among those asked about, the neighbours, and their products; some points at a time.
    owners = reach.owners[asked.rows]
    for some, each in widen(points, places):
        alike, rows = asked.inside @ each.T, some if names is None else names[some]
        lines, columns = np.nonzero(alike >= reach.product)
        apart = owners[lines] != reach.owners[rows[columns]]
        lines, columns = lines[apart], columns[apart]
        yield lines, rows[columns], alike[lines, columns]


def _keep_nearest(lines: _Rows, others: _Rows, alike: Float32) -> tuple[_Rows, _Rows, Float32]:
    counts = np.bincount(lines)
    order, ends = np.argsort(lines, kind="stable"), np.cumsum(counts)
    kept = np.ones(len(lines), bool)
    for line in np.flatnonzero(counts > MOST):
        places = order[ends[line] - counts[line] : ends[line]]
        kept[places[np.lexsort((others[places], -alike[places]))[MOST:]]] = False
    return lines[kept], others[kept], alike[kept]
