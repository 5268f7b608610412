"""Several runs at a glance: figures, differences and patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from tumourflow.figures.comparison import run_colour
from tumourflow.figures.lettering import shorten
from tumourflow.figures.panels import panel_grid
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN_SETTINGS = 6
_MANY_PATIENTS = 40
_PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5}


def draw_comparison(comparison: Mapping[str, Any], runs: Sequence[str], patients: pd.DataFrame) -> Figure:
    """Draw each run's figures with their intervals, the difference of each to the first, and the Dice of every patient.

    Args:
        comparison: What `compare_shared` gave, with `settings`.
        runs: The runs, the first of which the others are compared with.
        patients: Volume Dice of each patient with tumour, a column a run.
    """
    shared = comparison["shared"]
    title = f"{len(runs)} runs on the same {shared['patients']} test patients ({shared['slices']:,} slices), 95 % intervals"
    few = ": few, do not lean on it" if comparison[runs[0]]["volume_dice"].get("small_n") else ""
    figure, axes = panel_grid(1, 4, title + few, cell=(4.2, 4.2 + 0.25 * len(runs)))
    measures = list(comparison[runs[0]])
    _draw_figures(axes[0, 0], comparison, runs, measures)
    _draw_differences(axes[0, 1], comparison["differences"], runs, measures)
    _draw_patients(axes[0, 2], patients, runs)
    handles, _ = axes[0, 0].get_legend_handles_labels()
    axes[0, 3].set_axis_off()
    told = [_describe(run, comparison["settings"][run]) for run in runs]
    axes[0, 3].legend(handles, told, loc="upper left", fontsize=9, frameon=False, borderaxespad=0, labelspacing=1.2)
    return figure


def _draw_figures(axes: Axes, comparison: Mapping[str, Any], runs: Sequence[str], measures: Sequence[str]) -> None:
    for place, run in enumerate(runs):
        _draw_points(axes, [comparison[run][measure] for measure in measures], "value", place, len(runs), run)
    _frame(axes, "figure", [f"{name}\nn = {comparison[runs[0]][name]['n']:,} {comparison[runs[0]][name]['unit']}s" for name in measures])
    axes.set_xlim(-0.02, 1.02)


def _draw_differences(axes: Axes, differences: Mapping[str, Any], runs: Sequence[str], measures: Sequence[str]) -> None:
    for place, run in enumerate(runs[1:], start=1):
        found = [differences[run][measure] for measure in measures]
        _draw_points(axes, found, "difference", place, len(runs), run)
        for height, figure in enumerate(found):
            if figure["difference"] is not None:
                told = f"{figure['difference']:+.3f} {figure['verdict']}"
                place_of_text = (figure["difference"], height + _shift(place, len(runs)) - 0.05)
                axes.text(*place_of_text, told, ha="center", va="bottom", fontsize=8, bbox=_PAPER)
    _frame(axes, f"difference to {shorten(runs[0])}", [""] * len(measures))
    axes.axvline(0, color="black", linewidth=0.8)
    widest = max(map(abs, axes.get_xlim()))
    axes.set_xlim(-1.15 * widest, 1.15 * widest)


def _draw_points(axes: Axes, figures: Sequence[Mapping[str, Any]], value: str, place: int, runs: int, label: str) -> None:
    known = [(height + _shift(place, runs), each) for height, each in enumerate(figures) if each[value] is not None]
    bounded = [(height, each) for height, each in known if each["low"] is not None]
    colour = run_colour(place)
    axes.hlines(
        [height for height, _ in bounded], [each["low"] for _, each in bounded], [each["high"] for _, each in bounded], color=colour
    )
    axes.plot([each[value] for _, each in known], [height for height, _ in known], "o", color=colour, markersize=6, label=label)


def _draw_patients(axes: Axes, patients: pd.DataFrame, runs: Sequence[str]) -> None:
    axes.set_title(f"volume Dice of each patient with tumour (n = {len(patients)})", fontsize=10)
    if patients.empty:
        axes.set_axis_off()
        return
    ordered = patients.sort_values(runs[0], ascending=False)
    heights = range(len(ordered))
    axes.hlines(heights, ordered[list(runs)].min(axis=1), ordered[list(runs)].max(axis=1), color="#BBBBBB", linewidth=1, zorder=0)
    for place, run in enumerate(runs):
        axes.plot(ordered[run], heights, "o", color=run_colour(place), markersize=5 if len(ordered) < _MANY_PATIENTS else 3, alpha=0.8)
    names = [] if len(ordered) > _MANY_PATIENTS else [shorten(str(name)) for name in ordered.index]
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_ylim(len(ordered) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", alpha=0.3)


def _frame(axes: Axes, title: str, names: Sequence[str]) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(len(names) - 0.5, -0.6)
    axes.grid(axis="x", alpha=0.3)


def _shift(place: int, runs: int) -> float:
    return 0.6 * (place - (runs - 1) / 2) / runs


def _describe(run: str, settings: Mapping[str, str]) -> str:
    told = [f"{name} {value}" for name, value in list(settings.items())[:_SHOWN_SETTINGS]]
    more = [f"and {len(settings) - _SHOWN_SETTINGS} other parameters"] if len(settings) > _SHOWN_SETTINGS else []
    return "\n".join([run, *told, *more])
