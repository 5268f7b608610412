"""The panels of a cohort's overview: each draws one question, from the table of cases, with its n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tumourflow.figures.lettering import shorten, wrap
from tumourflow.figures.palette import SERIES, TRUTH
from tumourflow.figures.panels import label_logarithmic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TUMOUR, FREE = "with tumour", "without tumour"

_GREY = "#999999"
_BINS = 25
_CELLS = 20


def draw_classes(axes: Axes, table: pd.DataFrame, noun: str) -> None:
    """Count the slices of each class: a bar a site, in which the classes are stacked, or a bar a class where there is one site."""
    counts = table.groupby(["origin", "kind"]).size().unstack(fill_value=0).sort_index(ascending=False)
    names = sorted(counts.columns, key=lambda name: (name == FREE, name))
    colours = _choose_colours(names)
    if len(counts) == 1:
        axes.barh(names[::-1], counts.iloc[0][names[::-1]], color=[colours[name] for name in names[::-1]])
        _label_bars(axes, names[::-1], counts.iloc[0][names[::-1]].tolist())
        axes.set_ylim(min(-0.6, 0.5 * len(names) - 1.5), max(len(names) - 0.4, 0.5 * len(names) + 0.5))
        axes.set(xlabel=noun, title=f"{noun.capitalize()} by class (n = {len(table):,})")
        return
    left = np.zeros(len(counts))
    for name in names:
        values = counts[name].to_numpy()
        axes.barh(counts.index, values, left=left, color=colours[name], label=wrap(f"{name} ({values.sum():,})"))
        left += values
    _label_bars(axes, list(counts.index), left.tolist())
    axes.set(xlabel=noun, title=f"{noun.capitalize()} by class and site (n = {len(table):,})")
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)


def draw_sites(axes: Axes, table: pd.DataFrame, noun: str) -> None:
    """Count the patients of each site."""
    patients = table.groupby("origin")["patient"].nunique().sort_index(ascending=False)
    axes.barh(patients.index, patients.to_numpy(), color=SERIES[0])
    _label_bars(axes, list(patients.index), patients.tolist())
    axes.set(xlabel=f"patients ({len(table):,} {noun})", title=f"Patients by site (n = {table['patient'].nunique():,})")


def draw_areas(axes: Axes, table: pd.DataFrame, noun: str) -> None:
    """Distribute the tumour areas: in pixels, or as shares of the image where images differ in size."""
    from matplotlib.ticker import MaxNLocator

    tumours = table[table["tumour_pixels"] > 0]
    sizes = tumours["height"] * tumours["width"] if "height" in tumours else pd.Series(1, tumours.index)
    in_pixels = sizes.nunique() <= 1
    areas = (tumours["tumour_pixels"] if in_pixels else 100 * tumours["tumour_pixels"] / sizes).to_numpy(dtype=float)
    edges = np.geomspace(areas.min(), areas.max() * 1.001 if areas.max() > areas.min() else areas.max() + 1, _BINS)
    axes.hist(areas, bins=list(edges), color=TRUTH)
    median = f"{np.median(areas):,.0f}" if in_pixels else f"{np.median(areas):.2g} %"
    axes.axvline(float(np.median(areas)), color="black", linestyle="--", linewidth=1, label=f"median {median}")
    axes.set_xscale("log")
    unit = "pixels" if in_pixels else "% of the image"
    axes.set(xlabel=f"tumour area in {unit}", ylabel=noun, title=f"Tumour area (n = {len(areas):,} {noun})")
    label_logarithmic(axes.xaxis)
    axes.xaxis.set_major_formatter("{x:,.0f}" if in_pixels else "{x:g}")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize=8)


def draw_positions(axes: Axes, table: pd.DataFrame, noun: str) -> None:
    """Count where in the image the centres of the tumours lie (`tumour_row`, `tumour_column`, shares of height and width)."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    centres = table[["tumour_row", "tumour_column"]].dropna()
    counts = np.histogram2d(centres["tumour_row"], centres["tumour_column"], bins=_CELLS, range=[[0, 1], [0, 1]])[0]
    picture = axes.imshow(counts, cmap="magma", extent=(0, 1, 1, 0), interpolation="nearest", vmin=0)
    axes.set(title=f"Centres of the tumours (n = {len(centres):,} {noun})", xlabel="width", ylabel="height", aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    axes.figure.colorbar(picture, ax=axes, label=noun, shrink=0.8, ticks=MaxNLocator(5, integer=True))


def draw_volumes(axes: Axes, table: pd.DataFrame, noun: str) -> None:
    """Draw how many slices each patient has, and how many of them with tumour."""
    from matplotlib.ticker import MaxNLocator

    tumour = (table["tumour_pixels"] > 0).groupby(table["patient"]).agg(["size", "sum"]).sort_values(["size", "sum"])
    # One patch each, however many patients there are.
    axes.stairs(tumour["size"].to_numpy(), fill=True, color=_GREY, label=f"all {noun}")
    if tumour["sum"].any():
        axes.stairs(tumour["sum"].to_numpy(), fill=True, color=TRUTH, label=TUMOUR)
    axes.set(xlabel="patients, sorted", ylabel=noun, title=f"Slices of each patient (median {tumour['size'].median():g})", xticks=[])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8)


def draw_brightness(axes: Axes, table: pd.DataFrame, noun: str) -> None:
    """Draw how bright the images of each site are, or of each class where there is one site (`mean`)."""
    by = "origin" if table["origin"].nunique() > 1 else "kind"
    groups = sorted(table[by].unique(), reverse=True)
    values = [table.loc[table[by] == group, "mean"].dropna().to_numpy(dtype=float) for group in groups]
    parts = axes.boxplot(values, orientation="horizontal", widths=0.6, patch_artist=True, whis=(5, 95), showfliers=False)
    axes.set_yticks(range(1, len(groups) + 1), [shorten(group) for group in groups])
    for box, line in zip(parts["boxes"], parts["medians"], strict=True):
        box.set(facecolor="#56B4E9", edgecolor="black", linewidth=0.8)
        line.set(color="black")
    kind = "site" if by == "origin" else "class"
    axes.set(xlabel=f"mean grey value of the {noun} (box: quartiles, whiskers: 5 to 95 %)", title=f"Brightness by {kind}")
    axes.set_xlim(left=0)


def draw_sizes(axes: Axes, table: pd.DataFrame, noun: str) -> None:
    """Draw which sizes the images have; the larger the point, the more images."""
    from matplotlib.ticker import MaxNLocator

    sizes = table.groupby(["width", "height"]).size().reset_index(name="number")
    areas = 20 + 280 * sizes["number"] / len(table)
    axes.scatter(sizes["width"], sizes["height"], s=areas, color=SERIES[0], alpha=0.6, edgecolor="white", linewidth=0.5)
    axes.set(xlabel="width in pixels", ylabel="height in pixels", title=f"Sizes of the {noun} ({len(sizes):,} different)")
    axes.set_xlim(0, 1.1 * float(sizes["width"].max()))
    axes.set_ylim(0, 1.1 * float(sizes["height"].max()))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_aspect("equal", adjustable="box")
    axes.grid(alpha=0.3)


def _choose_colours(kinds: Sequence[str]) -> dict[str, str]:
    known = {TUMOUR: TRUTH, FREE: _GREY}
    others = [kind for kind in kinds if kind not in known]
    return known | {kind: SERIES[place % len(SERIES)] for place, kind in enumerate(others)}


def _label_bars(axes: Axes, names: Sequence[str], lengths: Sequence[float]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    for place, length in enumerate(lengths):
        axes.annotate(f"{length:,.0f}", (length, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    axes.margins(x=0.12)
