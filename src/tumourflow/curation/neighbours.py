"""Which points lie near which, without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tumourflow.curation.row_file import RowFile
from tumourflow.types import Float32

MOST = 32
"""Largest number of neighbours taken of one point."""

_LEAF = 256
_LEADING = 8
_AT_ONCE = 2**12

_Points = npt.NDArray[np.int16] | Float32 | RowFile
_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Leaves:
    """Points sorted into boxes.

    Attributes:
        points: All, in the order of `rows`, so that a leaf is read at once.
        leading: Their coordinates along the main directions, in the same order.
        rows: Which point of `points` stands where; leaf i has `starts[i]:starts[i + 1]`.
        starts: Where each leaf begins, and where the last one ends.
        low: Lowest coordinates of each leaf's points, in all main directions.
        high: Highest.
    """

    points: RowFile
    leading: Float32
    rows: _Rows
    starts: _Rows
    low: Float32
    high: Float32


class _Reach(NamedTuple):
    """How far a neighbour can be.

    Attributes:
        distance: At most this.
        product: On a sphere, points within that distance have at least this product.
    """

    distance: float
    product: float


def find_neighbours(points: _Points, radius: float, owners: _Rows, norm: float = 1) -> _Rows:
    """Find the pairs of points within a distance that have different owners.

    The points are halved along the widest of their main directions until a leaf holds at most 256 of them. A leaf is compared only
    with those points that lie within the distance of its box, so no pair is missed. Where a point has more than 32 neighbours, the
    32 nearest are taken.

    Args:
        points: Shape `(n, d)`, rows of one norm. Integers of 16 bits take half the room.
        radius: Largest distance, as a share of the norm; where points were rounded, with a margin for it.
        owners: Shape `(n,)`; pairs of one owner are left out.
        norm: That of every row.

    Returns:
        Rows of the points, shape `(m, 2)`, the smaller first, sorted.

    Example:
        >>> angles = np.array([0.0, 0.1, 2.0, 2.05])
        >>> points = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
        >>> find_neighbours(points, 0.2, np.arange(4)).tolist()
        [[0, 1], [2, 3]]
    """
    number, reach = len(points), _Reach(radius * norm, (1 - radius**2 / 2) * norm**2)
    found = [np.empty(0, np.int64)]
    with RowFile(points.shape[1], points.dtype) as rearranged:
        leaves = _sort(points, rearranged)
        for leaf in range(len(leaves.low)):
            first, second = _search(leaves, leaf, reach, owners)
            found.append(np.minimum(first, second) * number + np.maximum(first, second))
    pairs = np.sort(np.concatenate(found))
    return np.column_stack(np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], max(number, 1)))


def _sort(points: _Points, rearranged: RowFile) -> _Leaves:
    axes = _principal_axes(points)
    leading = np.concatenate([each @ axes[:, :_LEADING] for _, each in _widen(points, np.arange(len(points)))])
    leaves = list(_halve(leading, np.arange(len(points))))
    starts = np.cumsum([0, *(len(leaf) for leaf in leaves)])
    low, high = np.empty((2, len(leaves), points.shape[1]), np.float32)
    for place, leaf in enumerate(leaves):
        inside = points[leaf]
        rearranged.append(inside)
        turned = inside.astype(np.float32) @ axes
        low[place], high[place] = turned.min(axis=0), turned.max(axis=0)
    rows = np.concatenate([np.empty(0, np.int64), *leaves])
    return _Leaves(rearranged, leading[rows], rows, starts, low, high)


def _principal_axes(points: _Points) -> Float32:
    # Boxes tell most along the directions in which the points differ most; distances are the same in all axes.
    products = np.zeros((points.shape[1], points.shape[1]), np.float32)
    for _, each in _widen(points, np.arange(len(points))):
        products += each.T @ each
    axes: Float32 = np.linalg.eigh(products)[1][:, ::-1]
    return axes


def _widen(points: _Points, rows: _Rows) -> Iterator[tuple[_Rows, Float32]]:
    # Some at a time, for all of them would take twice the room; of none one empty table.
    for start in range(0, max(len(rows), 1), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        yield some, points[some].astype(np.float32)


def _halve(points: Float32, rows: _Rows) -> Iterator[_Rows]:
    if len(rows) <= _LEAF:
        if len(rows):
            yield rows
        return
    inside = points[rows]
    widest = int(np.argmax(inside.max(axis=0) - inside.min(axis=0)))
    order = np.argpartition(inside[:, widest], len(rows) // 2)
    for half in (order[: len(rows) // 2], order[len(rows) // 2 :]):
        yield from _halve(points, rows[half])


def _search(leaves: _Leaves, leaf: int, reach: _Reach, owners: _Rows) -> tuple[_Rows, _Rows]:
    near = _list_near(leaves, leaf, reach.distance)
    own = np.arange(leaves.starts[leaf], leaves.starts[leaf + 1])
    rows, inside = leaves.rows[own], leaves.points[own].astype(np.float32)
    found = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    for some, each in _widen(leaves.points, near):
        alike, places = inside @ each.T, leaves.rows[some]
        lines, columns = np.nonzero(alike >= reach.product)
        apart = owners[rows[lines]] != owners[places[columns]]
        lines, columns = lines[apart], columns[apart]
        joined = (np.concatenate([found[0], lines]), np.concatenate([found[1], places[columns]]))
        found = _keep_nearest(*joined, np.concatenate([found[2], alike[lines, columns]]))
    return rows[found[0]], found[1]


def _keep_nearest(lines: _Rows, others: _Rows, alike: Float32) -> tuple[_Rows, _Rows, Float32]:
    counts = np.bincount(lines)
    order, ends = np.argsort(lines, kind="stable"), np.cumsum(counts)
    kept = np.ones(len(lines), bool)
    for line in np.flatnonzero(counts > MOST):
        places = order[ends[line] - counts[line] : ends[line]]
        kept[places[np.argpartition(alike[places], -MOST)[:-MOST]]] = False
    return lines[kept], others[kept], alike[kept]


def _list_near(leaves: _Leaves, leaf: int, distance: float) -> _Rows:
    low, high = leaves.low[leaf], leaves.high[leaf]
    boxes = np.flatnonzero(_gap(leaves.low, leaves.high, low, high) <= distance**2)
    points = np.concatenate([np.arange(leaves.starts[box], leaves.starts[box + 1]) for box in boxes])
    near = [np.empty(0, np.int64)]
    for some in np.array_split(points, len(points) // _AT_ONCE + 1):
        leading = leaves.leading[some]
        near.append(some[_gap(leading, leading, low[:_LEADING], high[:_LEADING]) <= distance**2])
    return np.concatenate(near)


def _gap(lows: Float32, highs: Float32, low: Float32, high: Float32) -> Float32:
    gaps = np.maximum(np.maximum(lows - high, low - highs), 0)
    return np.asarray(np.einsum("ij,ij->i", gaps, gaps), dtype=np.float32)
