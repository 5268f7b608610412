"""Networks and classical methods on the same patients, as points with intervals and as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from tumourflow.figures.lettering import count, wrap
from tumourflow.figures.palette import SERIES
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Networks and classical methods"
_COLOURS = {"network": SERIES[0], "classical": SERIES[1]}


def draw_methods(table: pd.DataFrame) -> Figure:
    """Draw a row for each method and a panel for each measure, and write volume Dice and the difference to the reference beside them.

    Args:
        table: What `tabulate_methods` gave: `method, kind, split, measure, value, low, high, n, unit, reference, difference,
            difference_low, difference_high`; methods in the order of their first row.
    """
    if table.empty:
        return notice(TITLE, "Nothing has been scored on these cases and this split yet.")
    names, measures = list(table["method"].unique()), list(table["measure"].unique())
    size = (2.9, 0.9 + 0.3 * len(names))
    title = f"{TITLE} on the same {table['split'].iloc[0]} patients, with 95 % intervals"
    figure, axes = panel_grid(1, len(measures) + 1, title, cell=size, margin=2.4)
    for panel, measure in zip(axes[0], measures, strict=False):
        rows = table[table["measure"] == measure].set_index("method").loc[names]
        _draw_points(panel, rows)
        panel.set_title(f"{measure}\nn = {count(rows['n'].max(), rows['unit'].iloc[0])}", fontsize=10)
        panel.set_yticks(range(len(names)), [wrap(name) for name in names] if panel is axes[0, 0] else [])
        _frame_rows(panel, len(names))
    if table["kind"].nunique() > 1:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=2, fontsize=9)
    _write_numbers(axes[0, -1], table[table["measure"] == measures[0]].set_index("method").loc[names], measures[0])
    return figure


def _draw_points(axes: Axes, rows: pd.DataFrame) -> None:
    for kind, colour in _COLOURS.items():
        known = [(place, row) for place, (_, row) in enumerate(rows.iterrows()) if row["kind"] == kind and pd.notna(row["value"])]
        heights = [place for place, _ in known]
        axes.hlines(heights, [row["low"] for _, row in known], [row["high"] for _, row in known], color=colour)
        axes.plot([row["value"] for _, row in known], heights, "o", markersize=6, color=colour, label=kind)
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", alpha=0.3)


def _write_numbers(axes: Axes, rows: pd.DataFrame, measure: str) -> None:
    reference = rows["reference"].iloc[0]
    axes.set_title(f"{measure}, and difference to\n{reference}, paired by patient", fontsize=10)
    for height, (_, row) in enumerate(rows.iterrows()):
        axes.text(0, height, _number(row[["value", "low", "high"]].tolist(), ""), va="center", fontsize=9)
        axes.text(0.55, height, _number(row[["difference", "difference_low", "difference_high"]].tolist(), "+"), va="center", fontsize=9)
    _frame_rows(axes, len(rows))
    axes.set_xlim(0, 1)
    axes.set_axis_off()


def _number(numbers: Sequence[Any], sign: str) -> str:
    if any(pd.isna(number) for number in numbers):
        return "–"
    value, low, high = (f"{number:{sign}.3f}" for number in numbers)
    return f"{value} [{low}, {high}]"


def _frame_rows(axes: Axes, count: int) -> None:
    axes.set_ylim(count - 0.4, -0.6)
