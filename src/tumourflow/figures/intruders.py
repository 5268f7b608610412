"""Pictures with what a router said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.figures.examples import spread_evenly
from tumourflow.figures.palette import SERIES, TRUTH
from tumourflow.figures.panels import label_row, notice, panel_grid
from tumourflow.measures.refusal import GENUINE, INTRUDER, UPSIDE_DOWN
from tumourflow.types import Figure, Pixels

COLUMNS = 7

_PANEL = ["row", "source", "case_id", "said", "refused"]
_TITLE = "Test images and intruders, with what the router says of them"


def choose_panels(scores: pd.DataFrame, refusal: Mapping[str, Any]) -> pd.DataFrame:
    """Choose test images of each cohort and intruders of each kind, from the least to the most strange.

    Args:
        scores: Rows of one router: `source, split, case_id, cohort, kind, distance, energy` and `probability.<class>`.
        refusal: `score` and `threshold`.

    Returns:
        `row` (name of the row of pictures), `source, case_id`, `said` and `refused`.
    """
    here = scores[scores["split"] == "test"]
    if here.empty:
        return pd.DataFrame(columns=_PANEL)
    probability = here.filter(regex=r"^probability\.")
    best = probability.idxmax(axis=1).astype(str).str.removeprefix("probability.")
    refused = here[refusal["score"]] > refusal["threshold"]
    said = best + probability.max(axis=1).map(lambda share: f" {share:.2f}")
    row = here["cohort"].where(here["source"] == GENUINE, here["kind"]).mask(here["source"] == UPSIDE_DOWN, "upside down")
    table = here.assign(row=row, refused=refused, said=said.mask(refused, "refused"), strange=here[refusal["score"]])
    order = {GENUINE: 0, UPSIDE_DOWN: 1, INTRUDER: 2}
    table = table.assign(order=table["source"].map(order)).sort_values(["order", "strange"], kind="stable")
    chosen = [rows.iloc[spread_evenly(len(rows), COLUMNS)] for _, rows in table.groupby(["order", "row"], sort=False)]
    return pd.concat(chosen)[_PANEL].reset_index(drop=True)


def draw_panels(panels: pd.DataFrame, read: Callable[[str, str], Pixels]) -> Figure:
    """Draw a row of pictures for each cohort and kind.

    Args:
        panels: What `choose_panels` gave.
        read: Gives the pixels by `source` and `case_id`.

    Returns:
        The figure; under each picture what was said, in vermilion where it was refused.
    """
    names = list(dict.fromkeys(panels["row"]))
    if not names:
        return notice(_TITLE, "No image is for testing.")
    figure, grid = panel_grid(len(names), COLUMNS, _TITLE, cell=(1.35, 1.55), margin=1.2)
    for axes in grid.ravel().tolist():
        axes.set_axis_off()
    for place, name in enumerate(names):
        label_row(grid[place, 0], name)
        rows = panels[panels["row"] == name]
        for axes, source, case_id, said, refused in zip(grid[place], *(rows[column] for column in _PANEL[1:]), strict=False):
            pixels = _square(read(source, case_id))
            # Of 16 bits few scanners use all.
            white = 255 if pixels.dtype == np.uint8 else max(int(pixels.max()), 1)
            axes.imshow(pixels, cmap="gray", vmin=0, vmax=white, interpolation="antialiased")
            axes.set_title(said, fontsize=8, color=TRUTH if refused else SERIES[0], pad=2)
    return figure


def _square(pixels: Pixels) -> Pixels:
    # As the router sees it: the whole picture in the middle of a black square.
    height, width = pixels.shape[:2]
    side = max(height, width)
    square = np.zeros((side, side), pixels.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square
