"""Options of the preparation room."""

from typing import Literal

from pydantic import Field

from tumourflow.options.base import Options


class PreparationOptions(Options):
    """What the network sees of an image.

    Attributes:
        size: Height and width of the network's input in pixels.
        crop: `foreground` cuts to the square box around the patient's tissue, `none` keeps the whole image.
        normalisation: Per patient and channel over the foreground: `zscore` (clipped to -4..6), or `percentile` (1st to 99.5th mapped
            to 0..1, clipped to -0.5..1.5).
        context: Number of neighbouring slices on each side whose lead channel is added as channels.
    """

    size: int = Field(default=128, ge=16, le=1024, multiple_of=16)
    crop: Literal["foreground", "none"] = "foreground"
    normalisation: Literal["zscore", "percentile"] = "zscore"
    context: int = Field(default=1, ge=0, le=3)
