"""Which points lie near which, without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumourflow.types import Float32

MOST = 32
"""Largest number of neighbours taken of one point."""

_LEAF = 256
_LEADING = 8
_PRODUCTS = 2**22

_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Leaves:
    """Points sorted into boxes: `rows` are their places in `points`, leaf i has `starts[i]:starts[i + 1]` of them; `leading` is sorted."""

    points: Float32
    leading: Float32
    rows: _Rows
    starts: _Rows
    low: Float32
    high: Float32


def find_neighbours(points: Float32, radius: float, owners: _Rows) -> _Rows:
    """Find the pairs of points within a distance that have different owners.

    The points are halved along the widest of their main directions until a leaf holds at most 256 of them. A leaf is compared only
    with those points that lie within the distance of its box, so no pair is missed. Where a point has more than 32 neighbours, the
    32 nearest are taken.

    Args:
        points: Shape `(n, d)`, rows of norm 1.
        radius: Largest distance.
        owners: Shape `(n,)`; pairs of one owner are left out.

    Returns:
        Rows of the points, shape `(m, 2)`, the smaller first, sorted.

    Example:
        >>> angles = np.array([0.0, 0.1, 2.0, 2.05])
        >>> points = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
        >>> find_neighbours(points, 0.2, np.arange(4)).tolist()
        [[0, 1], [2, 3]]
    """
    number = len(points)
    leaves = _sort(points)
    found = [np.empty(0, np.int64)]
    for leaf in range(len(leaves.low)):
        for first, second in _search(leaves, leaf, radius, owners):
            found.append(np.minimum(first, second) * number + np.maximum(first, second))
    pairs = np.sort(np.concatenate(found))
    return np.column_stack(np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], max(number, 1)))


def _sort(points: Float32) -> _Leaves:
    axes = _principal_axes(points)
    leading = points @ axes[:, :_LEADING]
    leaves = list(_halve(leading, np.arange(len(points))))
    starts = np.cumsum([0, *(len(leaf) for leaf in leaves)])
    low, high = np.empty((2, len(leaves), points.shape[1]), np.float32)
    for place, leaf in enumerate(leaves):
        # All points turned and sorted would take their room a second time.
        inside = points[leaf] @ axes
        low[place], high[place] = inside.min(axis=0), inside.max(axis=0)
    rows = np.concatenate([np.empty(0, np.int64), *leaves])
    return _Leaves(points, leading[rows], rows, starts, low, high)


def _principal_axes(points: Float32) -> Float32:
    # Boxes tell most along the directions in which the points differ most; distances are the same in all axes.
    axes: Float32 = np.linalg.eigh(points.T @ points)[1][:, ::-1]
    return axes


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


def _search(leaves: _Leaves, leaf: int, radius: float, owners: _Rows) -> Iterator[tuple[_Rows, _Rows]]:
    near = _list_near(leaves, leaf, radius)
    step = max(_PRODUCTS // len(near), 1)
    for start in range(int(leaves.starts[leaf]), int(leaves.starts[leaf + 1]), step):
        yield from _compare(leaves, np.arange(start, min(start + step, leaves.starts[leaf + 1])), near, radius, owners)


def _compare(leaves: _Leaves, inside: _Rows, near: _Rows, radius: float, owners: _Rows) -> Iterator[tuple[_Rows, _Rows]]:
    places, others = leaves.rows[inside], leaves.rows[near]
    alike = leaves.points[places] @ leaves.points[others].T
    # On the unit sphere a distance is a product.
    first, second = np.nonzero(alike >= 1 - radius**2 / 2)
    apart = owners[places[first]] != owners[others[second]]
    first, second = first[apart], second[apart]
    number = np.bincount(first, minlength=len(inside))
    ends = np.cumsum(number)
    for line in np.flatnonzero(number > MOST):
        candidates = second[ends[line] - number[line] : ends[line]]
        best = candidates[np.argpartition(alike[line, candidates], -MOST)[-MOST:]]
        yield np.full(MOST, places[line]), others[best]
    few = number[first] <= MOST
    yield places[first[few]], others[second[few]]


def _list_near(leaves: _Leaves, leaf: int, radius: float) -> _Rows:
    low, high = leaves.low[leaf], leaves.high[leaf]
    boxes = np.flatnonzero(_gap(leaves.low, leaves.high, low, high) <= radius**2)
    points = np.concatenate([np.arange(leaves.starts[box], leaves.starts[box + 1]) for box in boxes])
    leading = leaves.leading[points]
    return points[_gap(leading, leading, low[:_LEADING], high[:_LEADING]) <= radius**2]


def _gap(lows: Float32, highs: Float32, low: Float32, high: Float32) -> Float32:
    gaps = np.maximum(np.maximum(lows - high, low - highs), 0)
    return np.asarray(np.einsum("ij,ij->i", gaps, gaps), dtype=np.float32)
