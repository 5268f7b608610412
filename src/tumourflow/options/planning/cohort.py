"""What is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cohort:
    """What the rules look at, of the training patients alone.

    Attributes:
        ordered: Whether slices have neighbours.
        view: Median side of what is cut out of an image, in native pixels.
        widest_view: Side that nine in ten do not exceed.
        tumour: Median diameter of the tumours as a share of that side; none where nothing is known.
        clipped: For each normalisation the share of the tumours' pixels that it clips.
    """

    ordered: bool
    view: float
    widest_view: float
    tumour: float | None
    clipped: Mapping[str, float]

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> Cohort:
        """Read what the planning room has described."""
        view, tumour = description["view_side"], description["tumour_diameter_of_view"]
        return cls(
            ordered=description["ordered"],
            view=view["median"],
            widest_view=view["high"],
            tumour=tumour["median"] if tumour else None,
            clipped=description["tumour_clipped"],
        )
