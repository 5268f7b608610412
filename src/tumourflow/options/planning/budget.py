"""What is trained on, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tumourflow.options.planning.costs import Machine, Step, count_operations, estimate_speed, fits

PASSES = 60
"""Passes over the training slices within which the default network reaches its figures on LGG; a cause to enlarge must leave as many."""
FEWEST_SLICES = 800
"""Slices that it was trained on; a smaller cohort counts as so many, for a network learns by the step and not by the pass alone."""


@dataclass(frozen=True)
class Cohort:
    """What the rules look at, of the training patients alone.

    Attributes:
        slices: Number of slices with a mask.
        ordered: Whether slices have neighbours.
        view: Median side of what is cut out of an image, in native pixels.
        widest_view: Side that nine in ten do not exceed.
        tumour: Median diameter of the tumours as a share of that side; none where nothing is known.
        clipped: For each normalisation the share of the tumours' pixels that it clips.
    """

    slices: int
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
            slices=description["labelled"],
            ordered=description["ordered"],
            view=view["median"],
            widest_view=view["high"],
            tumour=tumour["median"] if tumour else None,
            clipped=description["tumour_clipped"],
        )


@dataclass(frozen=True)
class Budget:
    """What a training may take.

    Attributes:
        minutes: Time.
        steps: Number of steps, in place of it; they stand for the time of as many steps of the default network.
        start: A step where nothing is changed.
        cohort: What is trained on.
        machine: Where.
    """

    minutes: float
    steps: int | None
    start: Step
    cohort: Cohort
    machine: Machine

    @property
    def slices(self) -> int:
        """Slices that make one pass: all that are trained on, and never fewer than `FEWEST_SLICES`."""
        return max(self.cohort.slices, FEWEST_SLICES)

    def passes(self, step: Step) -> float:
        """Estimate how often `slices` are seen.

        Args:
            step: What the training consists of.

        Returns:
            Number of passes.
        """
        if self.steps is None:
            images = 60 * self.minutes * estimate_speed(step, self.machine)
        else:
            images = self.steps * self.start.batch * count_operations(self.start) / count_operations(step)
        return images / self.slices

    def pays_for(self, step: Step, passes: float) -> bool:
        """Tell whether there is time for so many passes, and memory for the step."""
        return self.passes(step) >= passes and fits(step, self.machine)
