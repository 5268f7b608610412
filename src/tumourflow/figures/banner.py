"""The mark on every figure that a leaky split has made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tumourflow.figures.palette import TRUTH
from tumourflow.figures.panels import notice
from tumourflow.types import Figure

_BAR = 0.32  # inches


def mark_leaky(figure: Figure, leakage: Mapping[str, Any]) -> Figure:
    """Put a bar with `LEAKY: <protocol> protocol` below a figure whose split leaks; another figure stays as it is.

    Args:
        figure: Of `panel_grid` or `notice`; it grows by the height of the bar.
        leakage: The gate's report: `leaky` and `protocol`.

    Returns:
        The same figure.
    """
    if not leakage["leaky"]:
        return figure
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + _BAR)
    share = _BAR / (height + _BAR)
    figure.set_layout_engine("constrained", rect=(0, share, 1, 1 - share))
    bar = figure.add_axes((0, 0, 1, share), facecolor=TRUTH, xticks=[], yticks=[])
    bar.set_in_layout(False)
    bar.spines[:].set_visible(False)
    sentence = f"LEAKY: {leakage['protocol']} protocol"
    bar.text(0.5, 0.5, sentence, ha="center", va="center", color="white", fontsize=11, fontweight="bold")
    return figure


def nobody_judges(title: str) -> Figure:
    """Make the figure that stands where all patients trained, and none is left to show how well it went."""
    return notice(title, "Every patient was trained on: no patient is left to judge by.")
