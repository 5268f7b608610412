"""Which features decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tumourflow.figures.palette import SERIES
from tumourflow.figures.panels import panel_grid
from tumourflow.radiomics.extract import FAMILIES, name_in_words
from tumourflow.types import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 15
_FAMILY = "family "
_COLOURS = dict(zip(FAMILIES, (*SERIES, "#F0E442", "#B58863"), strict=True))


def draw_importance(importance: pd.DataFrame) -> Figure:
    """Draw how much the loss grows where a family of features, or one of the features that matter most, is shuffled.

    Args:
        importance: `feature, importance, low, high, n`, of features and of families (`family shape`), the most important first.
    """
    whole = importance["feature"].str.startswith(_FAMILY)
    families, features = importance[whole], importance[~whole].head(SHOWN)
    n = int(importance["n"].iloc[0])
    title = f"What the type is told by, on true masks: growth of the log loss of held-out cases (n = {n} images)"
    figure, axes = panel_grid(1, 2, title, cell=(6.2, 0.5 + 0.3 * max(len(features), len(families))))
    kinds = families["feature"].str.removeprefix(_FAMILY)
    _draw_bars(axes[0, 0], families, [FAMILIES[kind] for kind in kinds], [_COLOURS[kind] for kind in kinds])
    kinds = features["feature"].str.partition("_")[0]
    _draw_bars(axes[0, 1], features, [name_in_words(name) for name in features["feature"]], [_COLOURS[kind] for kind in kinds])
    axes[0, 0].set_title("a family shuffled as a whole", fontsize=10)
    axes[0, 1].set_title(f"a feature shuffled alone: the first {len(features)}", fontsize=10)
    return figure


def _draw_bars(axes: Axes, rows: pd.DataFrame, names: list[str], colours: list[str]) -> None:
    heights, values = np.arange(len(rows)), rows["importance"].to_numpy(float)
    axes.barh(heights, values, color=colours, height=0.7)
    axes.hlines(heights, rows["low"].to_numpy(float), rows["high"].to_numpy(float), color="black", linewidth=1)
    axes.set_yticks(heights, names, fontsize=9)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("growth of the log loss, with 95 % interval", fontsize=9)
    axes.grid(axis="x", alpha=0.3)
