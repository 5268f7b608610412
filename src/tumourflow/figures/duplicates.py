"""Images that are copies of one another, side by side, so that a person can judge the rule that found them."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import shorten
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pandas as pd

from tumourflow.figures.image_panel import grey, show_grey
from tumourflow.figures.palette import TRUTH
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.types import Figure, Float32, Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLE = "Copies and near-copies"
_MOST = 60
_PAIRS_A_ROW = 4
_SIDE = 320  # pixels, a little more than a panel has
_LONGEST_NAME = 26


def choose_pairs(pairs: pd.DataFrame, cases: pd.DataFrame, count: int = _MOST) -> pd.DataFrame:
    """Choose pairs to look at: those with two labels, the least alike, and others evenly up to the most alike.

    Args:
        pairs: `first, second, correlation, exact, same_label`.
        cases: The table of cases; pairs with a case that was left out cannot be shown.
        count: Largest number of pairs.

    Returns:
        Rows of `pairs`, from the lowest correlation to the highest, with `first_label`, `second_label`, `first_image` and `second_image`.

    Example:
        >>> cases = pd.DataFrame({"case_id": list("abc"), "label": "", "image": list("xyz")})
        >>> pairs = {"first": ["a", "a"], "second": ["b", "c"], "correlation": [0.99, 0.98], "exact": False, "same_label": True}
        >>> choose_pairs(pd.DataFrame(pairs), cases, count=1)[["second", "second_image"]].to_numpy().tolist()
        [['c', 'z']]
    """
    shown = pairs
    for side in ("first", "second"):
        described = cases[["case_id", "label", "image"]].add_prefix(f"{side}_")
        shown = shown.merge(described, left_on=side, right_on=f"{side}_case_id").drop(columns=f"{side}_case_id")
    shown = shown.sort_values(["correlation", "first", "second"], ignore_index=True)
    differing = shown.index[~shown["same_label"].astype(bool)][: count // 2]
    others = shown.index.difference(differing)
    # Closer together at the low end, where the rule is least sure.
    wanted = min(count - len(differing), len(others))
    places = np.unique(np.floor(len(others) * np.linspace(0, 1, wanted, endpoint=False) ** 2).astype(int))
    places = np.union1d(places, np.setdiff1d(np.arange(len(others)), places)[: wanted - len(places)])
    return shown.loc[sorted([*differing, *others[places]])].reset_index(drop=True)


def draw_pairs(chosen: pd.DataFrame, found: int, read: Callable[[str], Pixels], lead_channel: int = 0) -> Figure:
    """Draw each pair side by side under its names, labels and correlation; those of a pair with two labels in colour.

    Args:
        chosen: As `choose_pairs` gives them.
        found: Number of pairs in all.
        read: Reads the image of a key.
        lead_channel: Channel to show, counted from 0.

    Returns:
        The figure, or one that says that there is no pair to show.
    """
    if chosen.empty:
        return notice(_TITLE, _explain_absence(found))
    columns = min(_PAIRS_A_ROW, len(chosen))
    title = f"{_TITLE}: {len(chosen)} of {found:,} pairs, from the least alike (orange: two labels)"
    figure, axes = panel_grid(-(-len(chosen) // columns), 2 * columns, title, cell=(2.3, 2.5))
    for panel in figure.axes:
        panel.set_axis_off()
        panel.set(xticks=[], yticks=[])  # ticks that nobody sees are laid out all the same, which takes longer than the pictures
    for place, pair in enumerate(chosen.itertuples()):
        row, column = divmod(place, columns)
        left, right = axes[row, 2 * column], axes[row, 2 * column + 1]
        colour = "black" if pair.same_label else TRUTH
        likeness = "equal pixel by pixel" if pair.exact else f"correlation {pair.correlation:.3f}"
        _draw(left, read(str(pair.first_image)), lead_channel, f"{_name(pair.first, pair.first_label)}\n{likeness}", colour)
        _draw(right, read(str(pair.second_image)), lead_channel, f"{_name(pair.second, pair.second_label)}\n", colour)
    return figure


def _explain_absence(found: int) -> str:
    if found:
        return f"{found:,} pairs were found, but each has an image that was left out: see the ledger."
    return "No image of this cohort is a copy of another, or nearly so."


def _draw(axes: Axes, image: Pixels, lead_channel: int, title: str, colour: str) -> None:
    show_grey(axes, _shrink(grey(image, lead_channel)))
    axes.set_title(title, fontsize=8, color=colour)


def _shrink(picture: Float32) -> Float32:
    # A figure holds all its pictures at once: at full size those of a mammography cohort would fill the memory.
    scale = _SIDE / max(picture.shape)
    return picture if scale >= 1 else np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)


def _name(case_id: object, label: object) -> str:
    # The end of a long name tells more than its beginning.
    name = str(case_id) if len(str(case_id)) <= _LONGEST_NAME else f"...{str(case_id)[3 - _LONGEST_NAME :]}"
    return f"{name}\n{shorten(str(label), _LONGEST_NAME)}" if label else name
