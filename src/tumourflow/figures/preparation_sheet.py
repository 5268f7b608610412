"""Slices as they were stored beside what the network sees of them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tumourflow.figures.image_panel import show_grey, show_mask_on
from tumourflow.figures.panels import label_row, panel_grid
from tumourflow.types import Figure, Float32, Mask, Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CHANNELS = 3
"""More channels than these would make the panels too small to see anything."""


class PreparedExample(NamedTuple):
    """One slice before and after.

    Attributes:
        case_id: Its name.
        before: Native pixels, shape `(height, width, channels)`.
        after: Prepared values, shape `(size, size, channels)`.
        mask: Prepared mask, shape `(size, size)`.
        box: Top, left and side of what was cut out, in native pixels.
    """

    case_id: str
    before: Pixels
    after: Float32
    mask: Mask
    box: tuple[int, int, int]


def draw_prepared(examples: Sequence[PreparedExample], channel_names: Sequence[str], window: tuple[float, float]) -> Figure:
    """Draw each example as a row: its channels as stored with the box, then as prepared with the mask.

    All panels before share one grey window and all panels after share another, so that differences between scanners stay visible on the
    left and have gone on the right.

    Args:
        examples: At least one.
        channel_names: Names of the channels; the first three are shown.
        window: Values shown as black and as white on the right.

    Returns:
        The figure.
    """
    shown = min(len(channel_names), MOST_CHANNELS)
    title = f"Preparation of {len(examples)} slices: as stored (one grey window for all), and as the network sees them"
    figure, axes = panel_grid(len(examples), 2 * shown, fill(title, 20 * 2 * shown), margin=1.2)
    white = max(float(np.percentile(example.before, 99.5)) for example in examples) or 1.0
    for row, example in zip(axes, examples, strict=True):
        label_row(row[0], _label(example))
        for channel in range(shown):
            _draw_before(row[channel], example, channel, white)
            _draw_after(row[shown + channel], example, channel, window)
    for channel, name in enumerate(channel_names[:shown]):
        axes[0, channel].set_title(f"{name}, as stored", fontsize=9)
        axes[0, shown + channel].set_title(f"{name}, prepared", fontsize=9)
    return figure


def _draw_before(axes: Axes, example: PreparedExample, channel: int, white: float) -> None:
    from matplotlib.patches import Rectangle

    plane = example.before[:, :, channel].astype(np.float32)
    show_grey(axes, np.clip(plane / np.float32(white), 0, 1))
    top, left, side = example.box
    # The box may reach beyond the image: the panel is widened so that its whole outline is seen.
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), side, side, fill=False, edgecolor="#E69F00", linewidth=1.2))
    height, width = plane.shape
    axes.set_xlim(min(left, 0) - 3, max(left + side, width) + 3)
    axes.set_ylim(max(top + side, height) + 3, min(top, 0) - 3)


def _draw_after(axes: Axes, example: PreparedExample, channel: int, window: tuple[float, float]) -> None:
    low, high = window
    picture = np.clip((example.after[:, :, channel].astype(np.float32) - low) / (high - low), 0, 1)
    show_mask_on(axes, picture, example.mask)


def _label(example: PreparedExample) -> str:
    height, width = example.before.shape[:2]
    return f"{example.case_id.replace('/', chr(10))}\n{height} x {width}\nbox {example.box[2]}"
