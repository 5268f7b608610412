"""What several methods make of the same slices."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from tumourflow.figures.examples import spread_evenly
from tumourflow.figures.image_panel import grey, show_mask_on
from tumourflow.figures.palette import PREDICTION, TRUTH
from tumourflow.figures.panels import label_row, notice, panel_grid
from tumourflow.figures.patients import judged_split
from tumourflow.measures.overlap import dice
from tumourflow.types import Figure, Mask, Pixels

TITLE = "Classical methods beside the truth"
PATIENTS = 4


def choose_slices(scores: pd.DataFrame) -> pd.DataFrame:
    """Choose what is shown: patients from the smallest tumour to the largest, and a slice without tumour.

    Args:
        scores: `case_id, patient, slice, split, method, tp, fp, fn`, one row a slice and method.

    Returns:
        The rows of the chosen slices, of the split that judges, in the order in which they are shown: of each patient the slice with the
        largest tumour; of the slices without tumour the one on which the methods together predict the median of false pixels.
    """
    rows = scores[scores["split"] == judged_split(scores)].assign(truth=lambda table: table["tp"] + table["fn"])
    slices = rows.groupby(["patient", "case_id"], sort=True, as_index=False).agg(truth=("truth", "first"), fp=("fp", "sum"))
    largest = slices[slices["truth"] > 0].sort_values(["truth", "case_id"]).drop_duplicates("patient", keep="last")
    empty = slices[slices["truth"] == 0].sort_values(["fp", "case_id"])
    chosen = [*largest["case_id"].iloc[spread_evenly(len(largest), PATIENTS)], *empty["case_id"].iloc[len(empty) // 2 :][:1]]
    shown: list[pd.DataFrame] = [rows[rows["case_id"] == case_id] for case_id in chosen]
    return pd.concat([rows[:0], *shown], ignore_index=True)


def draw_outlines(
    chosen: pd.DataFrame, pictures: Mapping[str, tuple[Pixels, Mask]], read: Callable[[str, str], Mask], lead_channel: int
) -> Figure:
    """Draw a row for each slice: the truth, then what each method found.

    Args:
        chosen: What `choose_slices` gave.
        pictures: Image and true mask of each case, at native resolution.
        read: Gives the mask of a method and a case, at native resolution.
        lead_channel: Channel of the image to show.
    """
    if chosen.empty:
        return notice(TITLE, "No slice has a mask that anything could be compared with.")
    methods, cases = list(chosen["method"].unique()), list(chosen["case_id"].unique())
    title = f"{TITLE}: slices of {chosen['split'].iloc[0]} patients from the smallest tumour to the largest"
    without = bool((chosen["truth"] == 0).any())
    figure, axes = panel_grid(len(cases), 1 + len(methods), title + (", and one without" if without else ""), cell=(1.75, 1.95), margin=1.2)
    for row, case_id in zip(axes, cases, strict=True):
        image, truth = pictures[case_id]
        picture = grey(image, lead_channel)
        label_row(row[0], str(case_id).replace("/", "\n"))
        show_mask_on(row[0], picture, truth, TRUTH)
        for panel, method in zip(row[1:], methods, strict=True):
            show_mask_on(panel, picture, read(method, case_id), PREDICTION)
            scored = chosen[(chosen["case_id"] == case_id) & (chosen["method"] == method)].iloc[0]
            panel.text(0.5, -0.02, _describe(scored), transform=panel.transAxes, ha="center", va="top", fontsize=9)
    for panel, name in zip(axes[0], ["truth", *methods], strict=True):
        panel.set_title(name.replace("_", " "), fontsize=10)
    return figure


def _describe(scored: pd.Series) -> str:
    if not scored["truth"]:
        return f"{scored['fp']:,} false pixels" if scored["fp"] else "left empty"
    return f"Dice {float(dice(scored['tp'], scored['fp'], scored['fn'])):.2f}"
