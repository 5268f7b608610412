"""Training slices beside what else they could have looked like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from tumourflow.figures.panels import label_row, panel_grid
from tumourflow.types import Figure, Float32

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Variant(NamedTuple):
    """An image with its mask.

    Attributes:
        image: Shape `(height, width, depth)`, the slice's own channels first.
        mask: Shape `(height, width)`, 0 and 1.
    """

    image: Float32
    mask: npt.NDArray[np.uint8]


def draw_variants(rows: Sequence[tuple[str, Sequence[Variant]]], channels: int, lead_channel: int, window: tuple[float, float]) -> Figure:
    """Draw each slice as a row: first as it is, then changed, with the mask's outline.

    Args:
        rows: Case id and variants of each slice, the unchanged one first; the same number for all.
        channels: Number of the slice's own channels. From three on, the first three are shown as red, green and blue, so that an
            imitated missing sequence is seen as grey; else the lead channel is shown.
        lead_channel: Channel shown where there are fewer than three.
        window: Values shown as black and as white.

    Returns:
        The figure.
    """
    shown = [0, 1, 2] if channels >= 3 else [lead_channel] * 3
    meaning = "the first three channels as red, green and blue" if channels >= 3 else "lead channel"
    figure, axes = panel_grid(len(rows), len(rows[0][1]), f"Augmentation of {len(rows)} training slices ({meaning})", margin=1.2)
    for line, (case_id, variants) in zip(axes, rows, strict=True):
        label_row(line[0], case_id.replace("/", "\n"))
        for panel, variant in zip(line, variants, strict=True):
            _draw(panel, variant, shown, window)
    axes[0, 0].set_title("as prepared", fontsize=9)
    for number, panel in enumerate(axes[0, 1:], start=1):
        panel.set_title(f"drawn {number}", fontsize=9)
    return figure


def _draw(axes: Axes, variant: Variant, shown: list[int], window: tuple[float, float]) -> None:
    low, high = window
    axes.imshow(np.clip((variant.image[:, :, shown] - low) / (high - low), 0, 1), interpolation="nearest")
    # Matplotlib warns of a contour that is nowhere.
    if variant.mask.min() != variant.mask.max():
        axes.contour(variant.mask, levels=[0.5], colors="white", linewidths=1)
    axes.set_axis_off()
