"""Options of the classification room."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tumourflow.options.base import Options

OF_MASKS = ("network", "depth", "output_stride", "loss", "tumour_share")
"""Parameters of `training` that play no part where images are told apart."""

PUBLISHED = frozenset({"lite0"})
"""Networks whose numbers of feature maps are the published ones, whatever `training.width` is."""


class ClassificationOptions(Options):
    """What images are told apart by, and by which network; how it is trained, `training` says.

    Attributes:
        task: `tumour` tells slices with tumour from those without, by their masks; else a column of `cases` that names each image's
            class, such as `label`.
        network: `cnn` (small, learns from nothing within minutes), `resnet50` (`training.width` 64 is the published one) or `lite0`
            (EfficientNet-Lite0); the last two may begin with ImageNet weights (`training.weights`).
        balance: What makes rare classes count as much as frequent ones: `sampling` shows as many images of each, `weights` weighs the
            loss, `none` leaves them rare.
        label_smoothing: Share of certainty that is taken from the class and given to all alike.
    """

    task: str = Field(default="tumour", min_length=1)
    network: Literal["cnn", "resnet50", "lite0"] = "cnn"
    balance: Literal["sampling", "weights", "none"] = "sampling"
    label_smoothing: float = Field(default=0.05, ge=0, lt=1)


def describe_classifier(trained: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what a classifier was built with.

    Args:
        trained: The options that it was trained by, as its record has them.

    Returns:
        Its `name`, and its `width` where that is free.

    Example:
        >>> describe_classifier({"width": 16, "classification": {"network": "lite0"}})
        {'name': 'lite0'}
    """
    name = trained["classification"]["network"]
    return {"name": name} | ({} if name in PUBLISHED else {"width": trained["width"]})
