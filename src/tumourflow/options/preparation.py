"""Options of the preparation room."""

from typing import Literal

from pydantic import Field, field_validator

from tumourflow.options.base import Listed, Options

Crop = Literal["foreground", "contour", "fan", "none"]
Filter = Literal["median", "bilateral", "nonlocal_means", "total_variation", "clahe"]
FilterStep = Literal[Filter, "crop"]
Edges = Literal["none", "canny", "sobel"]
Normalisation = Literal["zscore", "percentile"]


class PreparationOptions(Options):
    """What the network sees of an image.

    Attributes:
        size: Height and width of the network's input in pixels.
        crop: `foreground` cuts to the square box around the patient's tissue, `contour` to the extreme points of the largest contour
            (brain), `fan` to the textured part of an ultrasound picture, `none` keeps the whole image.
        filters: Filters of the stored pixels, in this order: `median`, `bilateral`, `nonlocal_means`, `total_variation` against noise,
            `clahe` for local contrast. Those after the word `crop`, if it is there, see only what is looked at. On the command line:
            `median+clahe`.
        normalisation: Per patient and channel over the foreground: `zscore` (clipped to -4..6), or `percentile` (1st to 99.5th mapped
            to 0..1, clipped to -0.5..1.5). Where slices have no order, per slice.
        edges: Edges of the lead channel as one more channel: `canny` (0 or 1), `sobel` (steepness), or `none`.
        context: Number of neighbouring slices on each side whose lead channel is added as channels.
    """

    size: int = Field(default=128, ge=16, le=1024, multiple_of=16)
    crop: Crop = "foreground"
    filters: Listed[FilterStep] = ()
    normalisation: Normalisation = "zscore"
    edges: Edges = "none"
    context: int = Field(default=1, ge=0, le=3)

    @field_validator("filters")
    @classmethod
    def _crop_once(cls, steps: tuple[FilterStep, ...]) -> tuple[FilterStep, ...]:
        if steps.count("crop") > 1:
            msg = "`preparation.filters` names `crop` twice: it divides the filters of the whole image from those of what is looked at."
            raise ValueError(msg)
        return steps
