"""Where in the body a region lies."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.radiomics.types import Features, ratio
from tumourflow.types import Float32, Mask

NEAR = 0.1
"""Of the body's largest depth: what is less deep is at its edge."""
NAMES = ("row", "column", "lateral_offset", "depth", "least_depth", "edge_share", "share_of_body", "body_aspect", "body_extent")


def measure_place(mask: Mask, body: Mask) -> Features:
    """Measure where a region lies in the body, in shares of the body's size, so that neither pixels nor millimetres matter.

    Args:
        mask: The region, `(height, width)` booleans.
        body: Head, breast or whatever the image shows, without holes.

    Returns:
        `row` and `column` of the region's centre from that of the body, in halves of the body's height and width (positive: below, right);
        `lateral_offset`, the column without its sign; mean `depth` of the region below the body's edge, and `least_depth`, as shares of
        the body's largest depth; `edge_share`, how much of it is less than a tenth of that deep; `share_of_body`, its area by the body's;
        `body_aspect`, the body's height by its width; `body_extent`, the body's area by that of its box. All NaN where there is no body; an
        empty mask has NaN but for the body's own.

    Example:
        >>> body = np.pad(np.ones((20, 10), bool), 1)
        >>> found = measure_place(body, body)
        >>> found["row"], found["share_of_body"], found["body_aspect"]
        (0.0, 1.0, 2.0)
    """
    nothing = dict.fromkeys(NAMES, np.nan)
    if not body.any():
        return nothing
    rows, columns = (np.flatnonzero(body.any(axis=axis)) for axis in (1, 0))
    height, width = float(rows[-1] - rows[0] + 1), float(columns[-1] - columns[0] + 1)
    own = {"body_aspect": height / width, "body_extent": float(body.sum() / (height * width))}
    if not mask.any():
        return nothing | own | {"share_of_body": 0.0}
    row, column = _centre(mask) - _centre(body)
    depth = _measure_depth(body)
    return {
        "row": float(2 * row / height),
        "column": float(2 * column / width),
        "lateral_offset": float(abs(2 * column / width)),
        "depth": float(depth[mask].mean()),
        "least_depth": float(depth[mask].min()),
        "edge_share": float((depth[mask] < NEAR).mean()),
        "share_of_body": ratio(float(mask.sum()), float(body.sum())),
        **own,
    }


def _centre(mask: Mask) -> npt.NDArray[np.float64]:
    by_row, by_column = mask.sum(axis=1), mask.sum(axis=0)
    total = by_row.sum()
    return np.array([np.arange(len(each)) @ each / total for each in (by_row, by_column)])


def _measure_depth(body: Mask) -> Float32:
    # The image's border is an edge as well. Distances to within 2 %: exact ones of a whole head take as long as all else together.
    padded = np.pad(body.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    return np.asarray(depth / depth.max(), np.float32)
