"""What each step of a preparation leaves of one slice, for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tumourflow.imaging.crop import View
from tumourflow.imaging.edges import find_seen_edges
from tumourflow.imaging.filter_order import filter_in_order
from tumourflow.imaging.geometry import cut_box
from tumourflow.imaging.intensity import require_channels, to_bytes
from tumourflow.imaging.preparation import Preparation
from tumourflow.options.preparation import Edges
from tumourflow.types import Float32, Mask, Pixels

STEEP = 99.0
"""Percentile of the steepness that a picture shows as white."""


class Steps(NamedTuple):
    """One slice after each step; all of them show its lead channel.

    Attributes:
        case_id: Its name.
        stored: Native pixels, shape `(height, width)`.
        view: What is looked at.
        cut: What the view leaves of the stored pixels and then after each filter, by the name of the step, shape `(side, side)`.
        prepared: What the network sees, in 0..1, shape `(size, size)`.
        mask: Prepared mask, shape `(size, size)`.
        edges: Pictures of the edges, in 0..1, by name, shape `(size, size)`.
    """

    case_id: str
    stored: Pixels
    view: View
    cut: dict[str, Pixels]
    prepared: Float32
    mask: Mask
    edges: dict[str, Float32]


def follow_steps(case_id: str, stored: Pixels, volume: Sequence[Pixels], prepared: Float32, mask: Mask, preparation: Preparation) -> Steps:
    """Gather what each step leaves of the lead channel of one slice.

    Args:
        case_id: Its name.
        stored: Native pixels.
        volume: All slices that were measured together with it, itself included.
        prepared: What the network sees of it, shape `(size, size, channels)`.
        mask: Prepared mask, shape `(size, size)`.
        preparation: What was done.

    Returns:
        The steps.
    """
    lead, window = preparation.lead_channel, preparation.picture_window
    plane = require_channels(stored, preparation.channels)[:, :, lead]
    views = preparation.locate(volume)
    view, whites = views[plane.shape[0], plane.shape[1]], preparation.find_whites(volume, views)
    shown = np.asarray(to_bytes(np.asarray(prepared[:, :, lead], np.float32), window) / 255, np.float32)
    traced = trace_filters(plane, view, preparation, whites[lead : lead + 1])
    return Steps(case_id, plane, view, traced, shown, mask, picture_edges(prepared, view, plane.shape, preparation))


def trace_filters(plane: Pixels, view: View, preparation: Preparation, whites: Sequence[float]) -> dict[str, Pixels]:
    """Follow one channel from the stored pixels to what the last filter leaves, each cut to the view.

    Args:
        plane: Shape `(height, width)`, uint8 or uint16.
        view: What is looked at.
        preparation: Names the filters.
        whites: What they take for white, if any of them asks.

    Returns:
        `cut out`, then each filter by its name and number, shape `(side, side)`.
    """
    stages = {"cut out": plane}
    for end, name in enumerate(preparation.filters, start=1):
        if name != "crop":
            stages[f"filter {len(stages)}: {name}"] = filter_in_order(plane, preparation.filters[:end], view.seen, whites)
    return {title: cut_box(stage, *view) for title, stage in stages.items()}


def picture_edges(prepared: Float32, view: View, shape: tuple[int, ...], preparation: Preparation) -> dict[str, Float32]:
    """Draw both kinds of edges of the lead channel, whether or not the network is given one of them.

    Args:
        prepared: The slice as prepared, shape `(size, size, channels)`.
        view: What was looked at.
        shape: Native height and width.
        preparation: Names lead channel, window and the kind that the network sees.

    Returns:
        Pictures in 0..1, by their titles, shape `(size, size)`.
    """
    kinds: tuple[Edges, ...] = ("canny", "sobel")
    titles = [f"edges: {kind} ({'input channel' if kind == preparation.edges else 'picture only'})" for kind in kinds]
    plane, window = prepared[:, :, preparation.lead_channel], preparation.picture_window
    found = [find_seen_edges(kind, plane, window, view, shape) for kind in kinds]
    return {title: _to_shares(edges) for title, edges in zip(titles, found, strict=True)}


def _to_shares(edges: Float32) -> Float32:
    # Lines are so few that a percentile of all pixels may miss them.
    above = edges[edges > 0]
    white = float(np.percentile(above, STEEP)) if above.size else 1.0
    return np.asarray(np.clip(edges / white, 0, 1), np.float32)
