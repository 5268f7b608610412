"""Types told from true masks, from predicted masks and from the whole image, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from tumourflow.figures.palette import SERIES
from tumourflow.figures.panels import panel_grid
from tumourflow.measures.classification import confusion
from tumourflow.measures.mask_costs import MASKS, name_split
from tumourflow.types import CROSS_VALIDATED, Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORDS = {"true": "true masks", "predicted": "predicted masks", "none": "whole image"}
_COLOURS = dict(zip(MASKS, SERIES, strict=False))


def draw_masks_compared(scores: pd.DataFrame, metrics: Mapping[str, Any]) -> Figure:
    """Draw a confusion matrix for each kind of mask, and their figures with intervals beside one another.

    Args:
        scores: Out-of-fold rows: `mask, case_id, group, label, probability.<class>`.
        metrics: What `summarise_masks` gives.
    """
    kinds = [kind for kind in MASKS if (scores["mask"] == kind).any()]
    classes = sorted(scores["label"].unique())
    cases = scores[scores["mask"] == kinds[0]]
    title = f"Types by nested cross-validation (n = {len(cases)} images of {cases['group'].nunique()} groups of patients)"
    figure, axes = panel_grid(1, len(kinds) + 1, title, cell=(3.6, 3.6))
    for panel, kind in zip(axes[0, 1:], kinds, strict=True):
        _draw_confusion(panel, confusion(scores[scores["mask"] == kind], classes), _WORDS[kind])
    names = ["accuracy", "macro_f1", *(f"recall.{name}" for name in classes)]
    _draw_points(axes[0, 0], metrics, kinds, names)
    return figure


def _draw_confusion(axes: Axes, counts: pd.DataFrame, title: str) -> None:
    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0).to_numpy(float)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in ((row, column) for row in range(len(counts)) for column in range(len(counts))):
        share, count = float(shares[row, column]), int(counts.to_numpy()[row, column])
        axes.text(column, row, f"{count}\n{share:.0%}", ha="center", va="center", fontsize=9, color="white" if share > 0.5 else "black")
    axes.set_xticks(range(len(counts)), list(counts.columns), fontsize=8)
    axes.set_yticks(range(len(counts)), list(counts.index), fontsize=8, rotation=90, va="center")
    axes.set_xlabel("told", fontsize=9)
    axes.set_ylabel("true", fontsize=9)
    axes.set_title(title, fontsize=10)


def _draw_points(axes: Axes, metrics: Mapping[str, Any], kinds: Sequence[str], names: Sequence[str]) -> None:
    for place, kind in enumerate(kinds):
        figures = metrics[name_split(CROSS_VALIDATED, kind)]
        shift = 0.22 * (place - (len(kinds) - 1) / 2)
        known = [(height + shift, figures[name]) for height, name in enumerate(names) if figures[name]["low"] is not None]
        heights = [height for height, _ in known]
        axes.hlines(heights, [each["low"] for _, each in known], [each["high"] for _, each in known], color=_COLOURS[kind])
        axes.plot([each["value"] for _, each in known], heights, "o", markersize=5, color=_COLOURS[kind], label=_WORDS[kind])
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [name.replace("_", " ").replace(".", ",\n") for name in names], fontsize=9)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize=8, loc="lower left")
    axes.set_title("with 95 % intervals", fontsize=10)
