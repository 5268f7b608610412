"""What a cohort is made of: counts, sizes, and a few of its images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tumourflow.figures.panels import SERIES, TRUTH, grey, label_row, notice, panel_grid, show_grey, show_mask, show_mask_on
from tumourflow.types import Figure, Mask, Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TUMOUR, _FREE = "with tumour", "without tumour"
_SITES = 12


def draw_overview(cases: pd.DataFrame) -> Figure:
    """Draw four panels: slices by class and site, patients by site, tumour areas, slices of each patient.

    Args:
        cases: The table of cases, at least one row.

    Returns:
        The figure; every panel says its n.
    """
    table = cases.assign(group=_name_groups(cases), origin=_name_sites(cases["site"]))
    title = f"{len(cases):,} slices of {cases['patient'].nunique():,} patients"
    figure, axes = panel_grid(2, 2, title, cell=(5.2, 3.4))
    _draw_classes(axes[0, 0], table)
    _draw_sites(axes[0, 1], table)
    _draw_areas(axes[1, 0], table["tumour_pixels"])
    _draw_volumes(axes[1, 1], table)
    for panel in figure.axes:
        panel.spines[["top", "right"]].set_visible(False)
    return figure


def choose_samples(cases: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """Choose one slice each of several patients, evenly from the smallest tumour to the largest.

    Args:
        cases: The table of cases.
        count: Largest number of rows.

    Returns:
        Rows of `cases` in order of tumour area, with the smallest, the median and the largest tumour among the patients' largest
        slices; no row where the cohort has no tumour.

    Example:
        >>> cases = pd.DataFrame({"case_id": ["a1", "a2", "b1"], "patient": ["a", "a", "b"], "tumour_pixels": [5, 9, 2]})
        >>> choose_samples(cases)["case_id"].tolist()
        ['b1', 'a2']
    """
    largest = cases[cases["tumour_pixels"] > 0].sort_values(["tumour_pixels", "case_id"]).drop_duplicates("patient", keep="last")
    positions = np.unique(np.linspace(0, max(len(largest) - 1, 0), count).round().astype(int))
    return largest.iloc[positions[: len(largest)]]


def draw_samples(chosen: pd.DataFrame, pictures: Sequence[tuple[Pixels, Mask]], lead_channel: int) -> Figure:
    """Draw rows of image, mask, and the mask in red on the image.

    Args:
        chosen: Rows of the table of cases.
        pictures: `(image, mask)` of each row.
        lead_channel: Channel to show, counted from 0.

    Returns:
        The figure, or one that says that there is no tumour to show.
    """
    if chosen.empty:
        return notice("Samples of the cohort", "No case of this cohort has a tumour.")
    title = f"{len(chosen)} patients, from the smallest to the largest tumour"
    figure, axes = panel_grid(len(chosen), 3, title, cell=(2.9, 2.2))
    for row, case, (image, mask) in zip(axes, chosen.itertuples(), pictures, strict=True):
        picture = grey(image, lead_channel)
        show_grey(row[0], picture)
        show_mask(row[1], mask)
        show_mask_on(row[2], picture, mask)
        label_row(row[0], f"{case.patient}\nslice {case.slice}\n{case.tumour_pixels:,} pixels")
    for panel, name in zip(axes[0], ("image", "mask", "mask on image"), strict=True):
        panel.set_title(name, fontsize=9)
    return figure


def _name_groups(cases: pd.DataFrame) -> pd.Series[str]:
    tumour = pd.Series(np.where(cases["tumour_pixels"] > 0, _TUMOUR, _FREE), cases.index)
    return cases["label"].where(cases["label"] != "", tumour)


def _name_sites(sites: pd.Series[str]) -> pd.Series[str]:
    named = sites.where(sites != "", "not named")
    frequent = set(named.value_counts().index[:_SITES])
    return named.where(named.isin(frequent), "other")


def _colours(groups: Sequence[str]) -> dict[str, str]:
    known = {_TUMOUR: TRUTH, _FREE: "#999999"}
    others = [group for group in groups if group not in known]
    return known | {group: SERIES[place % len(SERIES)] for place, group in enumerate(others)}


def _draw_classes(axes: Axes, table: pd.DataFrame) -> None:
    counts = table.groupby(["origin", "group"]).size().unstack(fill_value=0).sort_index(ascending=False)
    names = sorted(counts.columns, key=lambda name: (name == _FREE, name))
    left = np.zeros(len(counts))
    for name, colour in ((name, _colours(names)[name]) for name in names):
        values = counts[name].to_numpy()
        axes.barh(counts.index, values, left=left, color=colour, label=f"{name} ({values.sum():,})")
        left += values
    _label_bars(axes, left.tolist())
    axes.set(xlabel="slices", title="Slices by class and site")
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)


def _draw_sites(axes: Axes, table: pd.DataFrame) -> None:
    patients = table.groupby("origin")["patient"].nunique().sort_index(ascending=False)
    axes.barh(patients.index, patients.to_numpy(), color=SERIES[0])
    _label_bars(axes, patients.tolist())
    axes.set(xlabel="patients", title=f"Patients by site (n = {table['patient'].nunique():,})")


def _draw_areas(axes: Axes, tumour_pixels: pd.Series[int]) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

    areas = tumour_pixels[tumour_pixels > 0].to_numpy()
    axes.set(xlabel="tumour area in pixels", ylabel="slices", title=f"Tumour area (n = {len(areas):,} slices)")
    if not len(areas):
        return
    edges = np.geomspace(areas.min(), areas.max() + 1, 25)
    axes.hist(areas, bins=list(edges), color=TRUTH)
    axes.axvline(float(np.median(areas)), color="black", linestyle="--", linewidth=1, label=f"median {np.median(areas):,.0f}")
    axes.set_xscale("log")
    axes.xaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:,.0f}", minor_formatter=NullFormatter())
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=8)


def _draw_volumes(axes: Axes, table: pd.DataFrame) -> None:
    tumour = (table["tumour_pixels"] > 0).groupby(table["patient"]).agg(["size", "sum"]).sort_values(["size", "sum"])
    # One patch each, however many patients there are.
    axes.stairs(tumour["size"].to_numpy(), fill=True, color="#999999", label="all slices")
    axes.stairs(tumour["sum"].to_numpy(), fill=True, color=TRUTH, label=_TUMOUR)
    axes.set(xlabel="patients, sorted", ylabel="slices", title=f"Slices of each patient (median {tumour['size'].median():g})", xticks=[])
    axes.legend(frameon=False, fontsize=8)


def _label_bars(axes: Axes, lengths: Sequence[float]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for place, length in enumerate(lengths):
        axes.annotate(f"{length:,.0f}", (length, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    axes.margins(x=0.12)
