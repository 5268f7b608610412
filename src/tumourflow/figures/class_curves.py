"""ROC and precision-recall curves of a classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from tumourflow.figures.palette import SERIES
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_LINE = 58


def draw_class_curves(
    roc: pd.DataFrame, recalls: pd.DataFrame, figures: Mapping[str, Mapping[str, Any]], classes: Sequence[str], split: str
) -> Figure:
    """Draw both curves side by side, a line a class with its band, and the areas below them in the legends.

    Args:
        roc: What `measures.class_curves.roc_curve_points` gave.
        recalls: What `measures.class_curves.precision_recall_points` gave.
        figures: The split's figures: `auroc`, or `auroc.<class>`, `average_precision.<class>`, `recall.<class>`.
        classes: Names of the classes, so that each keeps its colour.
        split: Name of the split.
    """
    title = f"ROC and precision-recall, {split} images (n = {figures['accuracy']['n']:,})"
    if roc.empty:
        return notice(title, f"The {split} split has images of fewer than two classes, so there is nothing to set apart.")
    figure, axes = panel_grid(1, 2, title, cell=(4.8, 4.6))
    colours = dict(zip(classes, SERIES * len(classes), strict=False))
    counts = {name: figures[f"recall.{name}"]["n"] for name in classes}
    areas = {str(name): figures["auroc" if "auroc" in figures else f"auroc.{name}"] for name in roc["class"].unique()}
    labels = {name: _write_label(name, counts[name], "AUROC", area) for name, area in areas.items()}
    _draw_lines(axes[0, 0], roc, ("false_positive_rate", "true_positive_rate"), colours, labels)
    axes[0, 0].plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle=":", zorder=1)
    _label(axes[0, 0], "false positive rate", "true positive rate")
    labels = {
        name: _write_label(name, counts[name], "average precision", figures[f"average_precision.{name}"])
        for name in map(str, recalls["class"].unique())
    }
    _draw_lines(axes[0, 1], recalls, ("recall", "precision"), colours, labels)
    for name in labels:
        # What a guess reaches: the share of the class.
        axes[0, 1].axhline(counts[name] / figures["accuracy"]["n"], color=colours[name], linewidth=1, linestyle=":", zorder=1)
    _label(axes[0, 1], "recall", "precision")
    return figure


def _draw_lines(axes: Axes, points: pd.DataFrame, columns: tuple[str, str], colours: Mapping[str, str], labels: Mapping[str, str]) -> None:
    # A rate is reached and then kept, a precision is that of the recall which is reached next.
    step: Literal["post", "pre"] = "post" if columns[1] == "true_positive_rate" else "pre"
    for name, line in points.groupby("class", sort=False):
        across, up = (line[column].to_numpy(float) for column in columns)
        axes.plot(across, up, color=colours[str(name)], linewidth=1.8, drawstyle=f"steps-{step}", label=labels[str(name)])
        low, high = (line[column].to_numpy(float) for column in ("low", "high"))
        axes.fill_between(across, low, high, color=colours[str(name)], alpha=0.15, step=step, linewidth=0)


def _label(axes: Axes, across: str, up: str) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False)


def _write_label(name: str, n: int, area: str, figure: Mapping[str, Any]) -> str:
    value, low, high = (figure[key] for key in ("value", "low", "high"))
    written = f"{area} {value:.3f}" if low is None else f"{area} {value:.3f} [{low:.3f}, {high:.3f}]"
    # Of labels that begin with an underscore Matplotlib makes no entry.
    line = f"{' ' if name.startswith('_') else ''}{name} (n = {n:,}): {written}"
    return line if len(line) <= _LONGEST_LINE else f"{fill(line.removesuffix(written), _LONGEST_LINE)}\n{written}"
