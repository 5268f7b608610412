"""Points sorted into boxes, so that whoever looks for neighbours need look into few of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tumourflow.curation.row_file import RowFile
from tumourflow.types import Float32

_Rows = npt.NDArray[np.int64]

Points: TypeAlias = npt.NDArray[np.int16] | Float32 | RowFile
"""A table of points, in memory or on the disk."""

_LEAF = 256
_LEADING = 8
_AT_ONCE = 2**12
_ROUNDING = 1e-4


@dataclass(frozen=True)
class Leaves:
    """Points sorted into boxes.

    Attributes:
        points: All, in the order of `rows`, so that a leaf is read at once.
        leading: Their coordinates along the main directions, in the same order.
        rows: Which point of `points` stands where; leaf i has `starts[i]:starts[i + 1]`.
        starts: Where each leaf begins, and where the last one ends.
        low: Lowest coordinates of each leaf's points, in all main directions.
        high: Highest.
        largest: Largest squared norm of a point.
    """

    points: RowFile
    leading: Float32
    rows: _Rows
    starts: _Rows
    low: Float32
    high: Float32
    largest: float


def sort_into_leaves(points: Points, rearranged: RowFile) -> Leaves:
    """Halve the points along the widest of their main directions until a leaf holds at most 256 of them.

    Args:
        points: Shape `(n, d)`.
        rearranged: An empty table, which is filled with the points in their new order.

    Returns:
        The leaves.
    """
    axes = _principal_axes(points)
    leading = np.concatenate([each @ axes[:, :_LEADING] for _, each in widen(points, np.arange(len(points)))])
    leaves = list(_halve(leading, np.arange(len(points))))
    starts = np.cumsum([0, *(len(leaf) for leaf in leaves)])
    low, high = np.empty((2, len(leaves), points.shape[1]), np.float32)
    largest = 0.0
    for place, leaf in enumerate(leaves):
        inside = points[leaf]
        rearranged.append(inside)
        wide = inside.astype(np.float32)
        largest, turned = max(largest, float(np.einsum("ij,ij->i", wide, wide).max())), wide @ axes
        low[place], high[place] = turned.min(axis=0), turned.max(axis=0)
    rows = np.concatenate([np.empty(0, np.int64), *leaves])
    return Leaves(rearranged, leading[rows], rows, starts, low, high, largest)


def list_candidates(leaves: Leaves, leaf: int, product: float) -> _Rows:
    """List the points whose product with some point of a leaf may be so large.

    Args:
        leaves: All points.
        leaf: Which leaf.
        product: Smallest product that counts.

    Returns:
        Their places in `leaves.points`.
    """
    low, high = leaves.low[leaf], leaves.high[leaf]
    # The square of a distance is the sum of both squared norms less twice the product. Boxes are of rounded numbers.
    distance = sqrt(max(2 * (leaves.largest - product), 0)) + _ROUNDING * sqrt(leaves.largest)
    boxes = np.flatnonzero(_gap(leaves.low, leaves.high, low, high) <= distance**2)
    points = np.concatenate([np.arange(leaves.starts[box], leaves.starts[box + 1]) for box in boxes])
    near = [np.empty(0, np.int64)]
    for some in np.array_split(points, len(points) // _AT_ONCE + 1):
        leading = leaves.leading[some]
        near.append(some[_gap(leading, leading, low[:_LEADING], high[:_LEADING]) <= distance**2])
    return np.concatenate(near)


def widen(points: Points, rows: _Rows) -> Iterator[tuple[_Rows, Float32]]:
    """Read points as floating-point numbers, some at a time, for all of them would take twice the room; of none one empty table."""
    for start in range(0, max(len(rows), 1), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        yield some, points[some].astype(np.float32)


def _principal_axes(points: Points) -> Float32:
    # Boxes tell most along the directions in which the points differ most; distances are the same in all axes.
    products = np.zeros((points.shape[1], points.shape[1]), np.float32)
    for _, each in widen(points, np.arange(len(points))):
        products += each.T @ each
    axes: Float32 = np.linalg.eigh(products)[1][:, ::-1]
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


def _gap(lows: Float32, highs: Float32, low: Float32, high: Float32) -> Float32:
    gaps = np.maximum(np.maximum(lows - high, low - highs), 0)
    return np.asarray(np.einsum("ij,ij->i", gaps, gaps), dtype=np.float32)
