"""Grids of panels, their rows and axes, and the notice in place of a figure that nobody can draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumourflow.figures.lettering import wrap
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis

_SMALL, _LARGE = 9, 12
_MOST_TICKS = 6


def panel_grid(
    rows: int, columns: int, title: str, cell: tuple[float, float] = (2.2, 2.2), margin: float = 0
) -> tuple[Figure, npt.NDArray[np.object_]]:
    """Make a figure of equal panels under one title.

    Args:
        rows: Number of rows, at least 1.
        columns: Number of columns, at least 1.
        title: What is seen, with n.
        cell: Width and height of a panel in inches.
        margin: Room for the labels of rows in inches.

    Returns:
        The figure and its axes as an array `(rows, columns)`.
    """
    from matplotlib.figure import Figure as MatplotlibFigure

    figure = MatplotlibFigure(figsize=(cell[0] * columns + margin, cell[1] * rows + 0.5), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=_LARGE)
    return figure, figure.subplots(rows, columns, squeeze=False)


def notice(title: str, sentence: str) -> Figure:
    """Make a figure that says why there is nothing to draw, so that a report never has a hole."""
    figure, axes = panel_grid(1, 1, title, cell=(8, 1))
    axes[0, 0].set_axis_off()
    axes[0, 0].text(0.5, 0.5, sentence, ha="center", va="center", wrap=True)
    return figure


def label_row(axes: Axes, text: str) -> None:
    """Write what a row shows to the left of its first panel, whose ticks may be hidden; long names go on in the next line."""
    where: dict[str, Any] = {"xycoords": "axes fraction", "xytext": (-8, 0), "textcoords": "offset points"}
    axes.annotate(wrap(text), (0, 0.5), ha="right", va="center", fontsize=_SMALL, **where)


def label_logarithmic(axis: XAxis) -> None:
    """Give a logarithmic axis, after all is drawn, as many labels as there is room for."""
    from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter

    low, high = sorted(axis.get_view_interval())
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [tick for tick in LogLocator(subs=steps, numticks=99).tick_values(low, high) if low <= tick <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    if len(ticks) < 3:
        ticks = [tick for tick in MaxNLocator(_MOST_TICKS - 1).tick_values(low, high) if low <= tick <= high]
    axis.set_major_locator(FixedLocator(ticks[:: -(-len(ticks) // _MOST_TICKS)]))
    axis.set_minor_formatter(NullFormatter())
