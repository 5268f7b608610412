"""What a leaking split adds, patient by patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from tumourflow.figures.lettering import count
from tumourflow.figures.palette import PREDICTION, TRUTH
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLE = "Experiment: Dice under a split by patient and by slice"
_PLACES = {"patient": (0, PREDICTION), "slice": (1, TRUTH)}


def draw_premium(patients: pd.DataFrame, premium: Mapping[str, Any]) -> Figure:
    """Draw a line for each patient from its Dice under the patient protocol to that under the slice protocol, and the means.

    Args:
        patients: Dice of each patient in columns `patient` and `slice`.
        premium: What both protocols reached: `volume_dice` with `patient`, `slice` and `premium`, each `value, low, high`.
    """
    if patients.empty:
        return notice(_TITLE, "No scored slice has a tumour.")
    figure, axes = panel_grid(1, 1, f"{_TITLE} (n = {count(len(patients), 'patient')})", cell=(6.4, 4.4))
    for _, row in patients.iterrows():
        axes[0, 0].plot([0, 1], [row["patient"], row["slice"]], color="#999999", linewidth=1, marker="o", markersize=4, alpha=0.8)
    for name, (place, colour) in _PLACES.items():
        _draw_mean(axes[0, 0], premium["volume_dice"][name], place, colour)
    axes[0, 0].set_title(_describe(premium["volume_dice"]["premium"]), fontsize=10)
    axes[0, 0].set_xticks([0, 1], ["trained on other patients", "trained on random slices\n(test patients' among them)"])
    axes[0, 0].set_xlim(-0.4, 1.4)
    axes[0, 0].set_ylim(-0.02, 1.02)
    axes[0, 0].set_ylabel("Dice of the patient's scored slices")
    axes[0, 0].grid(axis="y", alpha=0.3)
    return figure


def _draw_mean(axes: Axes, figure: Mapping[str, Any], place: int, colour: str) -> None:
    aside = place + (0.15 if place else -0.15)
    if figure["low"] is not None:
        axes.plot([aside, aside], [figure["low"], figure["high"]], color=colour, linewidth=2)
    axes.plot([aside], [figure["value"]], color=colour, marker="D", markersize=8)


def _describe(premium: Mapping[str, Any]) -> str:
    if premium["low"] is None:
        return "mean and its 95 % interval"
    points = [100 * premium[name] for name in ("value", "low", "high")]
    return "difference {:+.1f} points [{:+.1f}, {:+.1f}]".format(*points)
