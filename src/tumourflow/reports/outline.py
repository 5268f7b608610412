"""A mask as a path that a browser draws over the image."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

import numpy as np

from tumourflow.types import Mask

Corner = tuple[int, int]
Step = tuple[int, int]


def trace_outline(mask: Mask) -> str:
    """Trace the edges of a mask's pixels as an SVG path, which encloses exactly these pixels.

    Args:
        mask: `(height, width)` booleans.

    Returns:
        Closed rings in units of a pixel from the image's upper left corner (0, 0), clockwise; round holes they run the other way. Empty
        where the mask is.

    Example:
        >>> trace_outline(np.array([[False, True, True]]))
        'M1 0h2v1h-2z'
    """
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return ""
    # Most of an image holds no tumour.
    top, left = int(rows[0]), int(columns[0])
    steps = _find_edges(mask[top : rows[-1] + 1, left : columns[-1] + 1], (top, left))
    return "".join(_walk(steps, corner) for corner in sorted(steps) if steps[corner])


def _find_edges(mask: Mask, corner: Corner) -> defaultdict[Corner, list[Step]]:
    """Give, by the corner where each begins, the edges between tumour and the rest: the tumour lies to the right of the way.

    Args:
        mask: Part of an image.
        corner: Where it lies.
    """
    padded = np.pad(mask.astype(np.bool_), 1)
    inside, steps = padded[1:-1, 1:-1], defaultdict[Corner, list[Step]](list)
    sides: list[tuple[Mask, Corner, Step]] = [
        (padded[:-2, 1:-1], (0, 0), (0, 1)),
        (padded[1:-1, 2:], (0, 1), (1, 0)),
        (padded[2:, 1:-1], (1, 1), (0, -1)),
        (padded[1:-1, :-2], (1, 0), (-1, 0)),
    ]
    for neighbour, (below, right), step in sides:
        for row, column in np.argwhere(inside & ~neighbour).tolist():
            steps[corner[0] + row + below, corner[1] + column + right].append(step)
    return steps


def _walk(steps: dict[Corner, list[Step]], start: Corner) -> str:
    """Walk from a corner until no edge leads on, which is where it began, and take away each edge on the way."""
    corner, taken = start, list[Step]()
    while steps[corner]:
        taken.append(steps[corner].pop())
        corner = corner[0] + taken[-1][0], corner[1] + taken[-1][1]
    runs = [(step, len(list(run))) for step, run in groupby(taken)]
    # The last side is drawn by closing the ring.
    sides = (f"{'v' if rows else 'h'}{(rows or columns) * times}" for (rows, columns), times in runs[:-1])
    return f"M{start[1]} {start[0]}{''.join(sides)}z"
