"""Who trains, who chooses, who judges: counts of each split by class and site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tumourflow.figures.lettering import count, shorten, wrap
from tumourflow.figures.palette import SERIES, SPLIT_COLOURS
from tumourflow.figures.panels import panel_grid
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN = 6
_OTHER = "other"


def draw_splits(cases: pd.DataFrame) -> Figure:
    """Draw a panel for each class: patients of each split, site by site.

    Args:
        cases: The table of cases, with a column `split`. Where the cohort has no classes, patients with and without tumour take their
            place.

    Returns:
        The figure; every bar says its patients and its images.
    """
    tumour = cases.groupby("patient")["tumour_pixels"].transform("sum") > 0
    kind = cases["label"].where(cases["label"] != "", pd.Series(np.where(tumour, "with tumour", "without tumour"), cases.index))
    site = _keep_frequent(cases["site"].where(cases["site"] != "", "not named"))
    table = cases.assign(kind=_keep_frequent(kind), origin=site)
    kinds, sites = sorted(set(table["kind"])), sorted(set(table["origin"]))
    shares = ", ".join(f"{name} {table.loc[table['split'] == name, 'patient'].nunique():,}" for name in SPLIT_COLOURS)
    title = f"Patients of each split, by class{' and site' * (len(sites) > 1)} ({shares})"
    figure, axes = panel_grid(1, len(kinds), title, cell=(max(3.4, 7 / len(kinds)), 2.6))
    for panel, name in zip(axes[0], kinds, strict=True):
        _draw_bars(panel, table[table["kind"] == name], sites)
        panel.set_title(f"{wrap(name, 28)} (n = {table.loc[table['kind'] == name, 'patient'].nunique():,})", fontsize=10)
    if len(sites) > 1:
        axes[0, -1].legend(title="site", loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=8, frameon=False)
    return figure


def _keep_frequent(names: pd.Series[str]) -> pd.Series[str]:
    counts = names.value_counts()
    kept = counts.index if len(counts) <= _SHOWN else counts.index[: _SHOWN - 1]
    return names.where(names.isin(set(kept)), _OTHER)


def _draw_bars(axes: Axes, table: pd.DataFrame, sites: list[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    splits = list(SPLIT_COLOURS)
    left = np.zeros(len(splits))
    for place, site in enumerate(sites):
        part = table[table["origin"] == site]
        values = np.array([part.loc[part["split"] == split, "patient"].nunique() for split in splits], float)
        axes.barh(splits, values, left=left, color=SERIES[place % len(SERIES)], label=shorten(site))
        left += values
    for height, (split, length) in enumerate(zip(splits, left, strict=True)):
        text = f"{length:,.0f} ({count((table['split'] == split).sum(), 'image')})"
        axes.annotate(text, (length, height), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.8 * max(left.max(), 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("patients")
    axes.spines[["top", "right"]].set_visible(False)
