"""How sure a classifier was beside how often it was right, before and after calibration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tumourflow.figures.palette import SERIES
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Figures = Mapping[str, Mapping[str, Any]]


def draw_reliability(before: pd.DataFrame, after: pd.DataFrame, figures: tuple[Figures, Figures], temperature: float, split: str) -> Figure:
    """Draw the share of right answers against the probability of the predicted class, before and after temperature scaling.

    Args:
        before: What `measures.calibration.reliability_bins` gave for the network's probabilities.
        after: The same for the calibrated ones.
        figures: The split's figures `ece` and `brier`, before and after.
        temperature: What the logarithms were divided by.
        split: Name of the split.
    """
    title = f"Reliability, {split} images (n = {int(before['n'].sum()):,})"
    if before.empty:
        return notice(title, f"The {split} split has no labelled image.")
    figure, axes = panel_grid(1, 2, title, cell=(4.6, 4.6))
    lowest = min(before["confidence"].min(), after["confidence"].min())
    panels = (("as the network says", before, figures[0]), (f"after temperature scaling (T = {temperature:.2f})", after, figures[1]))
    for panel, (name, bins, measured) in zip(axes[0], panels, strict=True):
        _draw_bins(panel, bins)
        panel.set_title(f"{name}\n{_describe(measured, 'ece', 'ECE')}\n{_describe(measured, 'brier', 'Brier')}", fontsize=9)
        panel.set_xlim(max(lowest - 0.05, -0.02), 1.02)
    axes[0, 0].set_ylabel("share of right answers, 95 % interval")
    return figure


def _draw_bins(axes: Axes, bins: pd.DataFrame) -> None:
    confidence, accuracy = bins["confidence"].to_numpy(float), bins["accuracy"].to_numpy(float)
    low, high = (np.where(bins[name].isna(), accuracy, bins[name]).astype(float) for name in ("low", "high"))
    axes.plot([0, 1], [0, 1], color="#999999", linestyle=":", linewidth=1)
    axes.vlines(confidence, accuracy, confidence, color=SERIES[1], linewidth=5, alpha=0.45, label="gap")
    axes.vlines(confidence, low, high, color=SERIES[0], linewidth=1.2)
    fewest, most = bins["n"].min(), bins["n"].max()
    each = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    axes.plot(confidence, accuracy, "o-", color=SERIES[0], markersize=5, linewidth=1, label=f"bin of {each} image{'s' if most > 1 else ''}")
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("probability of the predicted class")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, frameon=False)


def _describe(figures: Figures, name: str, written: str) -> str:
    figure = figures[name]
    interval = "" if figure["low"] is None else f" [{figure['low']:.3f}, {figure['high']:.3f}]"
    return f"{written} {figure['value']:.3f}{interval}"
