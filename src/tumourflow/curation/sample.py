"""What only pixels tell: how much of an image is looked at, and what normalisation does to tumours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.curation.description import describe_spread
from tumourflow.imaging.intensity import WINDOWS, ChannelScale, require_channels
from tumourflow.imaging.preparation import Preparation
from tumourflow.options.preparation import Normalisation
from tumourflow.types import Mask, Pixels

PATIENTS, SLICES = 24, 8
"""Patients that are looked at, and slices of each, at most; evenly spaced among all."""

NORMALISATIONS: tuple[Normalisation, ...] = ("zscore", "percentile")


class Images(Protocol):
    """Where images and masks are stored under keys."""

    def read(self, key: str) -> Pixels:
        """Read an image."""

    def read_mask(self, key: str) -> Mask:
        """Read a mask."""


def choose_sample(cases: pd.DataFrame) -> list[pd.DataFrame]:
    """Choose slices of some patients.

    Args:
        cases: One row a case with `patient` and `slice`.

    Returns:
        The rows of each patient.

    Example:
        >>> rows = [(patient, number) for patient in range(30) for number in range(10)]
        >>> sample = choose_sample(pd.DataFrame(rows, columns=["patient", "slice"]))
        >>> len(sample), sample[0]["slice"].tolist()
        (24, [0, 1, 3, 4, 5, 6, 8, 9])
    """
    patients = [rows for _, rows in cases.sort_values(["patient", "slice"]).groupby("patient", sort=False)]
    return [patients[place].iloc[_spread(len(patients[place]), SLICES)] for place in _spread(len(patients), PATIENTS)]


def look_at(images: Images, sample: list[pd.DataFrame], recipe: Preparation) -> dict[str, Any]:
    """Measure a sample of slices.

    Args:
        images: Store of images and masks.
        sample: Rows of some patients with `image, mask`.
        recipe: How images are cut, and what is measured together.

    Returns:
        `view_side`: spread of the side of what is cut out, in native pixels; `view_of_side`: its median share of the image's longer
        side; `tumour_clipped`: for each normalisation the share of the tumours' pixels in the lead channel that it clips, 0 where
        there are none.
    """
    sides: list[int] = []
    shares: list[float] = []
    clipped, pixels = dict.fromkeys(NORMALISATIONS, 0), 0
    for volume, masks in _read_volumes(images, sample, together=recipe.unit == "patient"):
        frames = {name: replace(recipe, normalisation=name).measure(volume) for name in NORMALISATIONS}
        views = [frames["zscore"].view_of(image).box.side for image in volume]
        sides += views
        shares += [side / max(image.shape[:2]) for side, image in zip(views, volume, strict=True)]
        values = _tumour_values(volume, masks, recipe)
        pixels += len(values)
        for name in NORMALISATIONS:
            clipped[name] += count_clipped(values, frames[name].scales[recipe.lead_channel], name)
    return {
        "view_side": describe_spread(sides),
        "view_of_side": round(float(np.median(shares)), 4),
        "tumour_clipped": {name: round(number / max(pixels, 1), 4) for name, number in clipped.items()},
    }


def count_clipped(values: npt.NDArray[Any], scale: ChannelScale, normalisation: Normalisation) -> int:
    """Count the values that a normalisation clips.

    Example:
        >>> count_clipped(np.array([10, 15, 17]), ChannelScale(threshold=1, centre=10, spread=1), "zscore")
        1
    """
    low, high = WINDOWS[normalisation]
    normalised = (values.astype(np.float64) - scale.centre) / scale.spread
    return int(((normalised < low) | (normalised > high)).sum())


def _read_volumes(images: Images, sample: list[pd.DataFrame], *, together: bool) -> Iterator[tuple[list[Pixels], list[Mask | None]]]:
    for rows in sample:
        for part in [rows] if together else [rows.iloc[[place]] for place in range(len(rows))]:
            masks = [images.read_mask(key) if key else None for key in part["mask"]]
            yield [images.read(key) for key in part["image"]], masks


def _tumour_values(volume: list[Pixels], masks: list[Mask | None], recipe: Preparation) -> npt.NDArray[Any]:
    leads = [require_channels(image, recipe.channels)[:, :, recipe.lead_channel] for image in volume]
    inside = [lead[mask] for lead, mask in zip(leads, masks, strict=True) if mask is not None]
    return np.concatenate(inside) if inside else np.empty(0)


def _spread(count: int, most: int) -> list[int]:
    return [int(place) for place in np.linspace(0, count - 1, min(count, most)).round()]
