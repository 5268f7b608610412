"""Which class was taken for which."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.figures.panels import notice, panel_grid
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_LINE = 13


def draw_confusion(counts: pd.DataFrame, split: str) -> Figure:
    """Draw how many images of each class were taken for which, and the share of the class that they are.

    Args:
        counts: What `measures.classification.confusion` gave: true classes in rows, predicted ones in columns.
        split: Name of the split.
    """
    numbers = counts.to_numpy(np.int64)
    n = int(numbers.sum())
    title = f"True and predicted class, {split} images (n = {n:,})"
    if not n:
        return notice(title, f"The {split} split has no labelled image.")
    names = [str(name) for name in counts.index]
    side = max(2.6, 1.0 + 0.9 * len(names))
    figure, axes = panel_grid(1, 2, title, cell=(side + 1.2, side + 0.5))
    of_class = numbers.sum(axis=1, keepdims=True)
    shares = np.divide(numbers, of_class, out=np.full(numbers.shape, np.nan), where=of_class > 0)
    _draw_cells(axes[0, 0], shares, [[f"{number:,}" for number in row] for row in numbers])
    _draw_cells(axes[0, 1], shares, [["-" if np.isnan(share) else f"{100 * share:.0f} %" for share in row] for row in shares])
    axes[0, 0].set_title("images", fontsize=10)
    axes[0, 1].set_title("share of the true class", fontsize=10)
    for panel in axes[0]:
        panel.set_xticks(range(len(names)), [fill(name, _LONGEST_LINE) for name in names], fontsize=9)
        panel.set_xlabel("predicted")
    rows = [f"{fill(name, _LONGEST_LINE)}\nn = {total:,}" for name, total in zip(names, of_class[:, 0], strict=True)]
    axes[0, 0].set_yticks(range(len(names)), rows, fontsize=9)
    axes[0, 0].set_ylabel("true")
    axes[0, 1].set_yticks([])
    return figure


def _draw_cells(axes: Axes, shares: npt.NDArray[np.float64], texts: list[list[str]]) -> None:
    axes.imshow(np.nan_to_num(shares), cmap="Blues", vmin=0, vmax=1.15)
    for row, of_row in enumerate(texts):
        for column, text in enumerate(of_row):
            # Dark cells take white letters.
            colour = "white" if shares[row, column] > 0.6 else "black"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=11)
