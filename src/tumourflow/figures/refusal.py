"""How strange images are to a router."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from tumourflow.figures.palette import SERIES, TRUTH
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.measures.refusal import GENUINE, INTRUDER, UPSIDE_DOWN
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLE = "How strange test images and intruders are to the router"
_NAMES = {"distance": "Mahalanobis distance to the nearest class (standard deviations)", "energy": "energy of the logits"}
_COLOURS = {GENUINE: SERIES[0], UPSIDE_DOWN: SERIES[1], INTRUDER: SERIES[4]}


class _Row(NamedTuple):
    name: str
    source: str
    values: pd.Series[float]


def draw_scores(scores: pd.DataFrame, refusal: Mapping[str, Any]) -> Figure:
    """Draw a line of points for the test images of each cohort, the same turned upside down, and the intruders of each kind.

    Args:
        scores: Rows of one router: `source, split, cohort, kind` and the scores.
        refusal: `score` that is drawn and `threshold` beyond which is refused.

    Returns:
        The figure, with the share refused beside each line.
    """
    rows = list(_list_rows(scores[scores["split"] == "test"], str(refusal["score"])))
    if not rows:
        return notice(_TITLE, "No image is for testing.")
    figure, grid = panel_grid(1, 1, _TITLE, cell=(9, 0.8 + 0.34 * len(rows)))
    axes, rng = grid[0, 0], np.random.default_rng(0)
    for place, row in enumerate(rows):
        heights = place + rng.uniform(-0.28, 0.28, len(row.values))
        axes.scatter(row.values, heights, s=9, alpha=0.45, color=_COLOURS[row.source], linewidths=0)
        share = float((row.values > refusal["threshold"]).mean())
        axes.text(1.01, place, f"{share:.0%} refused", transform=axes.get_yaxis_transform(), va="center", fontsize=9)
    axes.axvline(refusal["threshold"], color=TRUTH, linewidth=1.2, linestyle="--")
    _label(axes, rows, refusal)
    return figure


def _list_rows(scores: pd.DataFrame, name: str) -> Iterator[_Row]:
    for source, column in ((GENUINE, "cohort"), (UPSIDE_DOWN, "cohort"), (INTRUDER, "kind")):
        for group, rows in scores[scores["source"] == source].groupby(column, sort=source != INTRUDER):
            text = f"{group}, upside down" if source == UPSIDE_DOWN else str(group)
            yield _Row(f"{text} (n = {len(rows)})", source, rows[name])


def _label(axes: Axes, rows: list[_Row], refusal: Mapping[str, Any]) -> None:
    from matplotlib.ticker import ScalarFormatter

    if refusal["score"] == "distance":
        axes.set_xscale("log")
        for side in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
            side(ScalarFormatter())
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=9)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel(_NAMES[str(refusal["score"])])
    axes.set_title(f"dashed: threshold, which {refusal['acceptance']:.0%} of the validation images pass", fontsize=9)
    axes.grid(axis="x", alpha=0.3)
