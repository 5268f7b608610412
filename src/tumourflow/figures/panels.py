"""What all figures share: colours, the grey window, masks on images, grids of panels.

Colours are orange-red against blue, and those of Okabe and Ito: people with any colour vision can tell them apart.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.imaging.plane import take_plane
from tumourflow.types import Figure, Float32, Mask, Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis

TRUTH = "#D55E00"
"""Vermilion: what a person drew."""
PREDICTION = "#1E90FF"
"""Blue, neither lost on bright nor on dark tissue: what the network drew."""
SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#999999")
"""Colours of lines and groups, in order of use."""
SPLIT_COLOURS = {"train": "#999999", "validation": "#E69F00", "test": "#0072B2"}
"""Colour of each split, in the order in which splits are listed."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Shapes of the points of groups, in order of use: not only the colour tells them apart."""

_SMALL, _LARGE = 9, 12
_LONGEST_LINE = 26
_MOST_TICKS = 6
_OUTLINE_SIDE = 512


def grey(image: Pixels, lead_channel: int = 0) -> Float32:
    """Turn an image of any depth into grey values that can be looked at.

    The darkest 1 % becomes black and the brightest .5 % white, so that a single bright pixel does not darken everything else.

    Args:
        image: `(height, width)` or `(height, width, channels)`, any numeric dtype.
        lead_channel: Channel to show, counted from 0; an image with fewer channels shows its last.

    Returns:
        `(height, width)` float32 in 0..1; all zero where the channel is constant.

    Example:
        >>> grey(np.array([[0, 50], [100, 100]], dtype=np.uint8)).round(1).tolist()
        [[0.0, 0.5], [1.0, 1.0]]
    """
    plane = take_plane(image, lead_channel).astype(np.float32)
    low, high = np.percentile(plane, [1, 99.5])
    if high <= low:
        low, high = np.percentile(plane, [0, 100])
    width = max(high - low, 1e-30)
    return np.asarray(np.clip((plane - low) / width, 0, 1), dtype=np.float32)


def show_grey(axes: Axes, picture: Float32) -> None:
    """Draw grey values in 0..1 `(height, width)` without ticks."""
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()


def show_mask(axes: Axes, mask: Mask, colour: str = "white") -> None:
    """Draw a mask `(height, width)` alone, in its colour on black."""
    _show(axes, mask[..., None] * _rgb(colour))


def show_mask_on(axes: Axes, picture: Float32, mask: Mask, colour: str = TRUTH) -> None:
    """Draw a mask in its colour on a grey picture: a veil through which the tissue is seen, and a sharp outline.

    Args:
        axes: Where to draw.
        picture: `(height, width)` grey values in 0..1, as from `grey`.
        mask: `(height, width)` booleans.
        colour: Any colour matplotlib knows.
    """
    _show(axes, veil(picture, mask, colour))


def veil(picture: Float32, mask: Mask, colour: str = TRUTH) -> Float32:
    """Paint a mask on a grey picture; small pictures are enlarged so that the outline stays thin.

    Args:
        picture: `(height, width)` grey values in 0..1.
        mask: `(height, width)` booleans.
        colour: Any colour matplotlib knows.

    Returns:
        `(k * height, k * width, 3)` float32 in 0..1, where `k` is the smallest whole number that makes the longer side at least 512.

    Example:
        >>> painted = veil(np.zeros((512, 512), np.float32), np.eye(512, dtype=bool), "red")
        >>> painted[0, 0].tolist(), painted[0, 9].tolist()
        ([1.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    """
    times = -(-_OUTLINE_SIDE // max(picture.shape))
    large = picture.repeat(times, axis=0).repeat(times, axis=1)[..., None]
    area = mask.astype(np.uint8).repeat(times, axis=0).repeat(times, axis=1)
    # The border of the image counts as outside, so that a tumour cut off by it is outlined there too.
    inner = cv2.erode(area, np.ones((9, 9), dtype=np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    strength = np.where(inner > 0, 0.3, area)[..., None]
    return np.asarray(large * (1 - strength) + _rgb(colour) * strength, dtype=np.float32)


def panel_grid(
    rows: int, columns: int, title: str, cell: tuple[float, float] = (2.2, 2.2), margin: float = 0
) -> tuple[Figure, npt.NDArray[np.object_]]:
    """Make a figure of equal panels under one title.

    Args:
        rows: Number of rows, at least 1.
        columns: Number of columns, at least 1.
        title: What is seen, with n.
        cell: Width and height of a panel in inches.
        margin: Room for the labels of rows in inches.

    Returns:
        The figure and its axes as an array `(rows, columns)`.
    """
    from matplotlib.figure import Figure as MatplotlibFigure

    figure = MatplotlibFigure(figsize=(cell[0] * columns + margin, cell[1] * rows + 0.5), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=_LARGE)
    return figure, figure.subplots(rows, columns, squeeze=False)


def notice(title: str, sentence: str) -> Figure:
    """Make a figure that says why there is nothing to draw, so that a report never has a hole."""
    figure, axes = panel_grid(1, 1, title, cell=(8, 1))
    axes[0, 0].set_axis_off()
    axes[0, 0].text(0.5, 0.5, sentence, ha="center", va="center", wrap=True)
    return figure


def label_row(axes: Axes, text: str) -> None:
    """Write what a row shows to the left of its first panel, whose ticks may be hidden; long names go on in the next line."""
    where: dict[str, Any] = {"xycoords": "axes fraction", "xytext": (-8, 0), "textcoords": "offset points"}
    axes.annotate(wrap(text), (0, 0.5), ha="right", va="center", fontsize=_SMALL, **where)


def wrap(text: str, longest: int = _LONGEST_LINE) -> str:
    r"""Break the lines of a text that are longer, within a word where need be: an identifier may have 64 letters and no blank.

    Example:
        >>> wrap("best\npituitary adenoma", 10)
        'best\npituitary\nadenoma'
    """
    return "\n".join(fill(line, longest) for line in text.split("\n"))


def shorten(name: str) -> str:
    """Cut a long name, but for its end, by which names that begin alike differ.

    Example:
        >>> shorten("segmentation-of-everything-at-night-8c1f00")
        'segmentation-of-ev…-8c1f00'
    """
    return name if len(name) <= _LONGEST_LINE else f"{name[: _LONGEST_LINE - 8]}…{name[-7:]}"


def count(number: int, noun: str) -> str:
    """Say how many there are.

    Example:
        >>> count(1, "patient"), count(1094, "slice")
        ('1 patient', '1,094 slices')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def label_logarithmic(axis: XAxis) -> None:
    """Give a logarithmic axis, after all is drawn, as many labels as there is room for."""
    from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter

    low, high = sorted(axis.get_view_interval())
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [tick for tick in LogLocator(subs=steps, numticks=99).tick_values(low, high) if low <= tick <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    if len(ticks) < 3:
        ticks = [tick for tick in MaxNLocator(_MOST_TICKS - 1).tick_values(low, high) if low <= tick <= high]
    axis.set_major_locator(FixedLocator(ticks[:: -(-len(ticks) // _MOST_TICKS)]))
    axis.set_minor_formatter(NullFormatter())


def _show(axes: Axes, colours: Float32) -> None:
    axes.imshow(colours, interpolation="antialiased")
    axes.set_axis_off()


def _rgb(colour: str) -> Float32:
    from matplotlib.colors import to_rgb

    return np.array(to_rgb(colour), dtype=np.float32)
