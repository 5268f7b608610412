"""Learning curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from tumourflow.figures.lettering import count
from tumourflow.figures.palette import SERIES, SPLIT_COLOURS
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLE = "Learning curves"

MASK_MEASURES = (("validation_dice", "Dice"), ("validation_tversky", "Tversky index"))
CLASS_MEASURES = (("validation_auroc", "AUROC"), ("validation_balanced_accuracy", "balanced accuracy"))
"""Columns of the curves that are drawn, and their names; by the first, smoothed, the best weights are chosen."""


def draw_curves(curves: pd.DataFrame) -> Figure:
    """Draw loss, what the validation measured, and learning rate over the steps, with the validation marked whose weights were kept.

    Args:
        curves: Rows of `training_curves`: `step, minutes, loss, learning_rate, validation_dice, validation_tversky, validation_loss`;
            of a classifier `validation_auroc, validation_balanced_accuracy`; what was not measured at a step is missing. `kept` tells
            which weights are the network's, which an earlier version did not note.
            Those of several networks are told apart by `seed` or `fold`, and are a line each.
    """
    if curves.empty:
        return notice(_TITLE, "The training left no curves: it ended before its first report.")
    ends = pd.DataFrame([rows.iloc[-1] for rows in _by_network(curves)])
    title = f"{_TITLE}: {count(int(ends['step'].sum()), 'step')} in {ends['minutes'].sum():.1f} minutes"
    title += f", {len(ends)} networks" if len(ends) > 1 else ""
    figure, axes = panel_grid(1, 3, title, cell=(4, 3))
    _draw_loss(axes[0, 0], curves)
    _draw_validation(axes[0, 1], curves)
    _line(axes[0, 2], curves, "learning_rate", "learning rate", SERIES[2])
    axes[0, 2].set_title("learning rate", fontsize=10)
    axes[0, 2].ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    for panel in axes[0]:
        panel.set_xlabel("step")
        panel.grid(alpha=0.3)
    return figure


def _draw_loss(axes: Axes, curves: pd.DataFrame) -> None:
    _line(axes, curves, "loss", "train", SPLIT_COLOURS["train"])
    _line(axes, curves, "validation_loss", "validation", SPLIT_COLOURS["validation"])
    axes.set_title("loss", fontsize=10)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.legend(fontsize=9)


def _draw_validation(axes: Axes, curves: pd.DataFrame) -> None:
    (chosen_by, name), (besides, other) = CLASS_MEASURES if "validation_auroc" in curves else MASK_MEASURES
    _line(axes, curves, besides, other, SERIES[3])
    _line(axes, curves, chosen_by, name, SPLIT_COLOURS["validation"])
    axes.set_ylim(0, 1.02)
    measured = curves.dropna(subset=[chosen_by])
    kept = measured[measured["kept"].eq(True)] if "kept" in measured else measured.head(0)
    if not kept.empty:
        axes.plot(kept["step"], kept[chosen_by], marker="*", markersize=14, color=SERIES[0], linestyle="", label="kept")
    if not measured.empty:
        axes.legend(fontsize=9)
    told = _tell_kept(kept["step"], kept[chosen_by]) if not measured.empty else ": none measured"
    axes.set_title(f"validation {name}{told}", fontsize=10)


def _tell_kept(steps: pd.Series[float], scores: pd.Series[float]) -> str:
    if scores.empty:
        return ""
    if len(scores) > 1:
        return f": {scores.min():.3f} to {scores.max():.3f}, kept"
    return f": {scores.iloc[0]:.3f} at step {steps.iloc[0]:,.0f}, kept"


def _line(axes: Axes, curves: pd.DataFrame, column: str, label: str, colour: str) -> None:
    for number, network in enumerate(_by_network(curves)):
        rows = network[["step", column]].dropna()
        named = None if number else label
        axes.plot(rows["step"], rows[column], color=colour, label=named, linewidth=1.5, marker="." if len(rows) < 40 else "")


def _by_network(curves: pd.DataFrame) -> list[pd.DataFrame]:
    marks = [name for name in ("fold", "seed") if name in curves]
    return [rows for _, rows in curves.groupby(marks, sort=False)] if marks else [curves]
