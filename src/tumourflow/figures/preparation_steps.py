"""A slice after each step of its preparation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tumourflow.figures.image_panel import grey, show_grey, show_mask_on
from tumourflow.figures.panels import label_row, panel_grid
from tumourflow.imaging.geometry import whole_extent
from tumourflow.imaging.steps import Steps
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOX, EXTENT = "#E69F00", "#56B4E9"
"""Orange: the square that is cut out. Sky blue: the rectangle within it that is seen, where that is less."""


def draw_steps(rows: Sequence[Steps], channel: str) -> Figure:
    """Draw each slice as a row, and each step as a column: what stands left of a panel is what it was before.

    Every panel of stored pixels has a grey window of its own, so that noise and contrast are seen whatever the scanner's brightness.

    Args:
        rows: At least one; all with the same steps.
        channel: Name of the lead channel.

    Returns:
        The figure.
    """
    partly = any(steps.view.extent != whole_extent(*steps.stored.shape) for steps in rows)
    titles = ["as stored, box" + " (dashed: what is seen)" * partly, *rows[0].cut, "resized, normalised, mask", *rows[0].edges]
    title = f"Preparation of {len(rows)} slices, step by step ({channel})"
    figure, axes = panel_grid(len(rows), len(titles), title, cell=(2.8, 2.8), margin=1.2)
    for line, steps in zip(axes, rows, strict=True):
        height, width = steps.stored.shape
        label_row(line[0], f"{steps.case_id.replace('/', chr(10))}\n{height} x {width}\nbox {steps.view.box.side}")
        _draw_stored(line[0], steps)
        pictures = [grey(plane) for plane in steps.cut.values()]
        for panel, picture in zip(line[1:], pictures, strict=False):
            show_grey(panel, picture)
        show_mask_on(line[1 + len(pictures)], steps.prepared, steps.mask)
        for panel, edges in zip(line[2 + len(pictures) :], steps.edges.values(), strict=True):
            show_grey(panel, edges)
    for panel, title in zip(axes[0], titles, strict=True):
        panel.set_title(title, fontsize=9)
    return figure


def _draw_stored(axes: Axes, steps: Steps) -> None:
    from matplotlib.patches import Rectangle

    show_grey(axes, grey(steps.stored))
    (top, left, side), extent = steps.view
    height, width = steps.stored.shape
    # The box may reach beyond the image: the panel is widened so that its whole outline is seen.
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), side, side, fill=False, edgecolor=BOX, linewidth=1.5))
    if extent != whole_extent(height, width):
        corner, sides = (extent.left - 0.5, extent.top - 0.5), (extent.right - extent.left, extent.bottom - extent.top)
        axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=EXTENT, linewidth=1.5, linestyle="--"))
    room = np.ceil(0.02 * max(height, width, side))
    axes.set_xlim(min(left, 0) - room, max(left + side, width) + room)
    axes.set_ylim(max(top + side, height) + room, min(top, 0) - room)
