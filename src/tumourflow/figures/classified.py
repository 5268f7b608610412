"""Images that a classifier told right and wrong, and what in them it looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pandas as pd

from tumourflow.figures.examples import spread_evenly
from tumourflow.figures.image_panel import show_grey
from tumourflow.figures.palette import PREDICTION, TRUTH
from tumourflow.figures.panels import notice, panel_grid
from tumourflow.measures.class_units import keep_labelled, probability_columns
from tumourflow.types import Figure, Float32

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 6
"""Images of each kind."""
_ACROSS = 3
_LONGEST_LINE = 42
_LETTERS, _FRAME = 11, 3


@dataclass(frozen=True)
class Looked:
    """An image, and where the network looked.

    Attributes:
        picture: `(height, width)` grey values in 0..1.
        activation: Class-activation map of the predicted class, 0..1, of any size; it covers the whole picture.
    """

    picture: Float32
    activation: Float32


def choose_classified(scores: pd.DataFrame, classes: Sequence[str], shown: int = SHOWN) -> pd.DataFrame:
    """Choose images that are worth looking at: the surest of the wrong ones, and right ones from the surest to the least sure.

    Args:
        scores: Rows of a table of scores of one split.
        classes: Names of the classes.
        shown: Largest number of each kind.

    Returns:
        `case_id, label, predicted, probability, right`, the right ones first.

    Example:
        >>> scores = pd.DataFrame({"case_id": ["p", "q"], "label": "a", "probability.a": [0.9, 0.2], "probability.b": [0.1, 0.8]})
        >>> choose_classified(scores, ["a", "b"])[["case_id", "predicted", "right"]].values.tolist()
        [['p', 'a', True], ['q', 'b', False]]
    """
    labelled = keep_labelled(scores)
    probabilities = labelled[probability_columns(classes)].to_numpy(float)
    predicted = np.array(list(classes), dtype=object)[probabilities.argmax(axis=1)]
    told = labelled[["case_id", "label"]].assign(predicted=predicted, probability=probabilities.max(axis=1, initial=0))
    told = told.assign(right=told["label"] == told["predicted"]).sort_values(["probability", "case_id"], ascending=[False, True])
    right, wrong = told[told["right"]], told[~told["right"]]
    return pd.concat([right.iloc[spread_evenly(len(right), shown)], wrong.head(shown)], ignore_index=True)


def draw_classified(chosen: pd.DataFrame, counts: tuple[int, int], split: str, read: Callable[[str], Looked]) -> Figure:
    """Draw each chosen image beside itself with its class-activation map, with its true and its predicted class.

    Args:
        chosen: What `choose_classified` gave.
        counts: Numbers of images that were told right, and wrong.
        split: Name of the split.
        read: Reads an image and its map by case.
    """
    told = f"told right (blue, n = {counts[0]:,}) and wrong (orange, n = {counts[1]:,})"
    title = f"{split.capitalize()} images {told}, with what spoke for the predicted class"
    if chosen.empty:
        return notice(title, f"The {split} split has no labelled image.")
    blocks = [chosen[chosen["right"]], chosen[~chosen["right"]]]
    rows = [block.iloc[first : first + _ACROSS] for block in blocks for first in range(0, len(block), _ACROSS)]
    figure, axes = panel_grid(len(rows), 2 * _ACROSS, title, cell=(2.1, 2.75))
    for panel in axes.ravel():
        panel.set_axis_off()
    for row, examples in zip(axes, rows, strict=True):
        for place, (_, example) in enumerate(examples.iterrows()):
            looked = read(str(example["case_id"]))
            show_grey(row[2 * place], looked.picture)
            row[2 * place + 1].imshow(show_activation(looked))
            _describe(row[2 * place], example)
            _frame(row[2 * place], PREDICTION if example["right"] else TRUTH)
    return figure


def show_activation(looked: Looked) -> Float32:
    """Lay a class-activation map over its picture: what counted for nothing stays grey.

    Args:
        looked: Picture and map.

    Returns:
        `(height, width, 3)` float32 in 0..1.
    """
    from matplotlib import colormaps

    height, width = looked.picture.shape
    activation = np.clip(cv2.resize(looked.activation.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)
    heat = colormaps["inferno"](0.25 + 0.7 * activation)[..., :3]
    strength = 0.65 * activation[..., None]
    return np.asarray(looked.picture[..., None] * (1 - strength) + heat * strength, np.float32)


def _describe(axes: Axes, example: pd.Series) -> None:
    lines = (f"{example['case_id']}", f"true: {example['label']}", f"predicted: {example['predicted']} {example['probability']:.2f}")
    text = "\n".join(fill(line, _LONGEST_LINE) for line in lines)
    axes.set_title(text, fontsize=_LETTERS, loc="left")


def _frame(axes: Axes, colour: str) -> None:
    # Small letters in a colour are hard to read: they are black, and a frame tells right from wrong.
    axes.set_axis_on()
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color=colour, linewidth=_FRAME)
