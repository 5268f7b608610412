"""What a cohort is made of: counts, sizes, and a few of its images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from tumourflow.figures.cohort_panels import (
    FREE,
    TUMOUR,
    draw_areas,
    draw_brightness,
    draw_classes,
    draw_positions,
    draw_sites,
    draw_sizes,
    draw_volumes,
)
from tumourflow.figures.examples import spread_evenly
from tumourflow.figures.image_panel import grey, show_grey, show_mask, show_mask_on
from tumourflow.figures.lettering import count, wrap
from tumourflow.figures.panels import label_row, panel_grid
from tumourflow.types import Figure, Mask, Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    _Panel: TypeAlias = Callable[[Axes, pd.DataFrame, str], None]

_KINDS, _SITES = 6, 12
_PLAIN_COLUMNS = 5


def draw_overview(cases: pd.DataFrame) -> Figure:
    """Draw what the cohort is made of, as far as it is known: a panel that would show nothing is left out.

    Slices by class and site, patients by site, tumour areas, where the tumours lie, slices of each patient, brightness by site or
    class, image sizes.

    Args:
        cases: The table of cases, at least one row.

    Returns:
        The figure; every panel says its n.
    """
    noun = "slices" if cases["patient"].duplicated().any() else "images"
    table = cases.assign(kind=_name_kinds(cases), origin=_name_sites(cases["site"]))
    panels = _choose_panels(table)
    columns = min(2, len(panels))
    figure, _ = panel_grid(-(-len(panels) // columns), columns, _describe(table, noun), cell=(5.6, 3.6))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    for panel in figure.axes[len(panels) :]:
        panel.remove()
    for panel, draw in zip(figure.axes, panels, strict=True):
        draw(panel, table, noun)
        panel.spines[["top", "right"]].set_visible(False)
    return figure


def choose_samples(cases: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """Choose one slice each of several patients, evenly from the smallest tumour to the largest.

    Args:
        cases: The table of cases.
        count: Largest number of rows.

    Returns:
        Rows of `cases` in order of tumour area, with the smallest, the median and the largest tumour among the patients' largest
        slices. Where no case has a tumour, so many middle slices of each class.

    Example:
        >>> cases = pd.DataFrame({"case_id": ["a1", "a2", "b1"], "patient": ["a", "a", "b"], "tumour_pixels": [5, 9, 2]})
        >>> choose_samples(cases)["case_id"].tolist()
        ['b1', 'a2']
    """
    largest = cases[cases["tumour_pixels"] > 0].sort_values(["tumour_pixels", "case_id"]).drop_duplicates("patient", keep="last")
    if len(largest):
        return largest.iloc[spread_evenly(len(largest), count)]
    slices = cases.groupby("patient")["patient"]
    middle = cases[slices.cumcount() == slices.transform("size") // 2]
    return pd.concat([rows.iloc[spread_evenly(len(rows), count)] for _, rows in middle.groupby("label")])


def draw_samples(chosen: pd.DataFrame, pictures: Sequence[tuple[Pixels, Mask | None]], lead_channel: int) -> Figure:
    """Draw rows of image, mask, and the mask in red on the image; images alone where no mask shows a tumour.

    Args:
        chosen: Rows of the table of cases, at least one.
        pictures: `(image, mask)` of each row.
        lead_channel: Channel to show, counted from 0.

    Returns:
        The figure.
    """
    if not (chosen["tumour_pixels"] > 0).any():
        return _draw_plain_samples(chosen, [image for image, _ in pictures], lead_channel)
    title = count(len(chosen), "patient") + (", from the smallest to the largest tumour" if len(chosen) > 1 else "")
    figure, axes = panel_grid(len(chosen), 3, title, cell=(2.9, 2.2))
    for row, case, (image, mask) in zip(axes, chosen.itertuples(), pictures, strict=True):
        picture, drawn = grey(image, lead_channel), np.zeros(image.shape[:2], bool) if mask is None else mask
        show_grey(row[0], picture)
        show_mask(row[1], drawn)
        show_mask_on(row[2], picture, drawn)
        names = (str(case.patient), str(case.label), f"slice {case.slice!s}" if case.slice else "", f"{case.tumour_pixels:,} pixels")
        label_row(row[0], "\n".join(name for name in names if name))
    for panel, name in zip(axes[0], ("image", "mask", "mask on image"), strict=True):
        panel.set_title(name, fontsize=9)
    return figure


def _draw_plain_samples(chosen: pd.DataFrame, pictures: Sequence[Pixels], lead_channel: int) -> Figure:
    columns = min(len(chosen), _PLAIN_COLUMNS)
    figure, _ = panel_grid(-(-len(chosen) // columns), columns, f"{count(len(chosen), 'sample')}; no mask of this cohort shows a tumour")
    for panel in figure.axes:
        panel.set_axis_off()
    for panel, case, image in zip(figure.axes, chosen.itertuples(), pictures, strict=False):
        show_grey(panel, grey(image, lead_channel))
        panel.set_title(wrap("\n".join(str(name) for name in (case.case_id, case.label) if name)), fontsize=8)
    return figure


def _name_kinds(cases: pd.DataFrame) -> pd.Series[str]:
    kinds = np.where(cases["tumour_pixels"] > 0, TUMOUR, FREE)
    if "mask" in cases:
        # Without a mask nobody knows.
        kinds = np.where(cases["mask"] != "", kinds, "not labelled")
    return _join_rare(cases["label"].where(cases["label"] != "", pd.Series(kinds, cases.index)), _KINDS)


def _name_sites(sites: pd.Series[str]) -> pd.Series[str]:
    return _join_rare(sites.where(sites != "", "not named"), _SITES)


def _join_rare(names: pd.Series[str], most: int) -> pd.Series[str]:
    counts = names.value_counts()
    frequent = set(counts.index if len(counts) <= most + 1 else counts.index[:most])
    return names.where(names.isin(frequent), "other")


def _describe(table: pd.DataFrame, noun: str) -> str:
    text = count(len(table), noun.removesuffix("s"))
    text += f" of {count(table['patient'].nunique(), 'patient')}" if noun == "slices" else ""
    sizes = set(zip(table["height"], table["width"], strict=True)) if "height" in table else set()
    return text + (f", {' x '.join(map(str, *sizes))} pixels" if len(sizes) == 1 else "")


def _choose_panels(table: pd.DataFrame) -> list[_Panel]:
    has_tumour = bool((table["tumour_pixels"] > 0).any())
    telling = {
        draw_classes: True,
        draw_sites: table["origin"].nunique() > 1 and bool(table["patient"].duplicated().any()),
        draw_areas: has_tumour,
        draw_positions: has_tumour and "tumour_row" in table,
        draw_volumes: bool(table["patient"].duplicated().any()),
        draw_brightness: "mean" in table and bool(table["mean"].notna().any()),
        draw_sizes: "height" in table and len(table[["height", "width"]].drop_duplicates()) > 1,
    }
    return [draw for draw, tells in telling.items() if tells]
