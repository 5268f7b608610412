"""Figures as a page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from tumourflow.reports.pictures import embed

LARGE = 150_000
"""Bytes of a PNG from which JPEG is tried: photographs are a third of it then, and lines would be blurred for nothing."""
_QUALITY = 85

FIGURES: Mapping[str, tuple[str, str]] = {
    "cohort_overview": ("The cohort", "Patients, slices, tumour sizes and sites of all cases"),
    "cohort_samples": ("Some of its images", "Images of several patients with the outlines that people drew"),
    "split_overview": ("The split", "How many patients and images of each class and site stand in each split"),
    "metrics_overview": (
        "All measures",
        "Each measure as a point with its 95 % interval, split by split",
    ),
    "overlays": ("Predictions beside the truth", "The best, the median and the worst patient by volume Dice: image, truth and prediction"),
    "false_alarms": ("False alarms", "The largest predictions on slices without tumour"),
    "dice_by_size": ("Dice and the size of the tumour", "A point for each patient with tumour: volume Dice against the tumour's size"),
    "confusion_matrix": ("True and predicted class", "How many images of each class were told to be of each class"),
    "class_curves": ("ROC and precision-recall", "Curves of each class against the rest"),
    "reliability_diagram": ("Reliability", "How sure the network was beside how often it was right, before and after calibration"),
    "classified_examples": ("Images told right and wrong", "Images with what spoke for the class that the network gave"),
    "learning_curves": ("Learning curves", "Loss, figures of validation and learning rate over the training"),
    "classifier_learning_curves": ("Learning curves", "Loss, figures of validation and learning rate over the training"),
}
"""Title of each figure, and what it shows to somebody who does not see it."""


@dataclass(frozen=True)
class Drawing:
    """A figure inside the page.

    Attributes:
        title: What stands above it.
        shows: What is seen.
        uri: The picture as a `data:` address.
        width: In pixels.
        height: In pixels.
    """

    title: str
    shows: str
    uri: str
    width: int
    height: int


def embed_figures(figures: Mapping[str, bytes]) -> dict[str, Drawing]:
    """Put figures, PNG by their name in the catalog, into the page; those with photographs as JPEG."""
    return {name: _embed_figure(data, *FIGURES[name]) for name, data in figures.items()}


def _embed_figure(data: bytes, title: str, shows: str) -> Drawing:
    image = Image.open(BytesIO(data))
    width, height = image.size
    if len(data) > LARGE:
        smaller = BytesIO()
        image.convert("RGB").save(smaller, "JPEG", quality=_QUALITY, optimize=True)
        if smaller.tell() < len(data):
            return Drawing(title, shows, embed(smaller.getvalue(), "image/jpeg"), width, height)
    return Drawing(title, shows, embed(data, "image/png"), width, height)
