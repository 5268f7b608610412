"""Dice against the size of the tumour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from tumourflow.figures.lettering import shorten
from tumourflow.figures.palette import MARKERS, SERIES, SPLIT_COLOURS
from tumourflow.figures.panels import label_logarithmic, notice, panel_grid
from tumourflow.figures.patients import patient_scores
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLE = "Volume Dice against tumour size"


def draw_dice_by_size(scores: pd.DataFrame) -> Figure:
    """Draw a point for each patient with tumour: all splits, and beside them the sites of the patients that were not trained on.

    Args:
        scores: Rows of `case_scores`.
    """
    patients = patient_scores(scores)
    if patients.empty:
        return notice(_TITLE, "No patient has a tumour.")
    held_out = patients[patients["split"] != "train"]
    by_site = held_out["site"].nunique() > 1
    figure, axes = panel_grid(1, 1 + by_site, f"{_TITLE}, one point a patient with tumour (n = {len(patients)})", cell=(5.2, 4))
    _scatter(axes[0, 0], patients, "split", SPLIT_COLOURS)
    axes[0, 0].set_title("by split", fontsize=10)
    if by_site:
        grouped = _join_small_sites(held_out)
        _scatter(axes[0, 1], grouped, "site", dict(zip(grouped["site"].value_counts().index, SERIES, strict=False)))
        axes[0, 1].set_title(f"validation and test patients by site (n = {len(held_out)})", fontsize=10)
    return figure


def _join_small_sites(patients: pd.DataFrame) -> pd.DataFrame:
    # There are only so many colours that can be told apart.
    site = patients["site"].replace("", "unknown")
    names = site.value_counts().index
    kept = names if len(names) <= len(SERIES) else names[: len(SERIES) - 1]
    return patients.assign(site=site.where(site.isin(kept), "other sites"))


def _scatter(axes: Axes, patients: pd.DataFrame, group: str, colours: Mapping[str, str]) -> None:
    for marker, (name, colour) in zip(MARKERS, colours.items(), strict=False):
        points = patients[patients[group] == name]
        if len(points):
            label = f"{shorten(name)} (n = {len(points)})"
            style: dict[str, Any] = {"s": 36, "color": colour, "edgecolor": "white", "linewidth": 0.5, "marker": marker}
            axes.scatter(points["tumour_pixels"], points["dice"], label=label, **style)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    label_logarithmic(axes.xaxis)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("tumour pixels of the patient, all slices")
    axes.set_ylabel("volume Dice")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, frameon=False)
