"""Images and masks by the name of their case."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from tumourflow.types import Mask, Pixels


class Images(Protocol):
    """Where images and masks are stored under keys."""

    def read(self, key: str) -> Pixels:
        """Read an image."""

    def read_mask(self, key: str) -> Mask:
        """Read a mask."""


class CaseReader:
    """Reads what is stored of a case.

    Attributes:
        images: Store of images and masks.
    """

    def __init__(self, images: Images, cases: pd.DataFrame) -> None:
        self.images = images
        self._keys = dict(zip(cases["case_id"], zip(cases["image"], cases["mask"], strict=True), strict=True))
        self._spacings = dict(zip(cases["case_id"], zip(cases["pixel_height"], cases["pixel_width"], strict=True), strict=True))

    def read_image(self, case_id: str) -> Pixels:
        """Read the image of a case as it is stored."""
        return self.images.read(self._keys[case_id][0])

    def read_truth(self, case_id: str) -> Mask | None:
        """Read the native mask of a case, null where it has none."""
        key = self._keys[case_id][1]
        return self.images.read_mask(key) if key else None

    def tell_spacing(self, case_id: str) -> tuple[float, float]:
        """Tell the height and width of a case's pixels in millimetres, NaN where they are not known."""
        height, width = self._spacings[case_id]
        return float(height), float(width)
