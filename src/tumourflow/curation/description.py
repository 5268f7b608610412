"""What there is to learn from: images, order of slices and tumours of some patients, in figures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.errors import UserError

Spread = dict[str, float]


def count_channels(cases: pd.DataFrame, lead_channel: int) -> int:
    """Count the channels of a cohort.

    Args:
        cases: One row a case with `channels`.
        lead_channel: Which of them is the lead channel, counted from 0.

    Returns:
        The number.

    Raises:
        UserError: Where no case has the lead channel.
    """
    channels = int(cases["channels"].max())
    if lead_channel >= channels:
        msg = f"`ingestion.lead_channel` is {lead_channel}, but the images have {channels} channel(s), counted from 0."
        raise UserError(msg)
    return channels


def have_order(cases: pd.DataFrame) -> bool:
    """Tell whether slices have neighbours: a cohort without an order gives all of them the number 0."""
    return bool((cases["slice"] != 0).any())


def describe_cases(cases: pd.DataFrame) -> dict[str, Any]:
    """Describe what the table of cases tells of images and tumours.

    Args:
        cases: One row a case with `patient, slice, mask, height, width, channels, tumour_pixels`.

    Returns:
        Numbers of patients and slices, and spreads (see `describe_spread`) of image sides and of tumours. A tumour's diameter is that of
        the disc of its area in a slice, in pixels and as a share of the image's longer side.
    """
    tumours = cases[cases["tumour_pixels"] > 0]
    diameters = [math.sqrt(4 * pixels / math.pi) for pixels in tumours["tumour_pixels"]]
    sides = tumours[["height", "width"]].max(axis=1)
    labelled = int((cases["mask"] != "").sum())
    return {
        "patients": int(cases["patient"].nunique()),
        "slices": len(cases),
        "labelled": labelled,
        "tumour_share": round(len(tumours) / labelled, 4) if labelled else None,
        "ordered": have_order(cases),
        "height": describe_spread(cases["height"]),
        "width": describe_spread(cases["width"]),
        "tumour_pixels": describe_spread(tumours["tumour_pixels"]),
        "tumour_diameter": describe_spread(diameters),
        "tumour_diameter_of_side": describe_spread(diameter / side for diameter, side in zip(diameters, sides, strict=True)),
    }


def describe_spread(values: Iterable[float]) -> Spread | None:
    """Give the values that 10, 50 and 90 % do not exceed, none where there are no values.

    Example:
        >>> describe_spread(range(11)), describe_spread([])
        ({'low': 1.0, 'median': 5.0, 'high': 9.0}, None)
    """
    numbers = np.asarray(list(values), np.float64)
    if not numbers.size:
        return None
    return {name: round(float(np.quantile(numbers, share)), 4) for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9))}


def scale_spread(spread: Spread | None, factor: float) -> Spread | None:
    """Multiply a spread, where there is one."""
    return {name: round(value * factor, 4) for name, value in spread.items()} if spread else None
