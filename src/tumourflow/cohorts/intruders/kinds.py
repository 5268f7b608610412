"""Which kinds of intruders there are, and which of them nothing may be chosen on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tumourflow.cohorts.intruders.patterns import (
    Picture,
    draw_blank,
    draw_gradient,
    draw_noise,
    draw_shapes,
    draw_speckle,
    draw_stripes,
    draw_text,
    draw_texture,
)
from tumourflow.cohorts.intruders.photographs import PHOTOGRAPHS, read_photograph
from tumourflow.cohorts.intruders.xray import draw_xray

_DRAWN: Mapping[str, Callable[[np.random.Generator], Picture]] = {
    "noise": draw_noise,
    "blank": draw_blank,
    "xray": draw_xray,
    "text": draw_text,
    "gradient": draw_gradient,
    "texture": draw_texture,
    "stripes": draw_stripes,
    "speckle": draw_speckle,
    "shapes": draw_shapes,
}
_PURPOSE = 31

VALIDATION_KINDS = ("stripes", "speckle", "shapes")
"""What the score is chosen on; drawn in other ways than those that judge it."""
TEST_KINDS = ("noise", "blank", "photograph", "xray", "text", "gradient", "texture")
"""What refusal is judged by, and nothing else."""


@dataclass(frozen=True)
class Intruder:
    """A picture that is no genuine image.

    Attributes:
        kind: Of `TEST_KINDS` or `VALIDATION_KINDS`.
        number: Which of its kind, counted from 0.
        seed: Of what is drawn.
    """

    kind: str
    number: int
    seed: int

    @property
    def name(self) -> str:
        """Name of the picture."""
        return f"{self.kind}/{self.number}"

    def draw(self) -> Picture:
        """Draw it: always the same pixels, `(height, width)` uint8."""
        if self.kind == "photograph":
            return read_photograph(self.number)
        place = (VALIDATION_KINDS + TEST_KINDS).index(self.kind)
        return _DRAWN[self.kind](np.random.default_rng([self.seed, _PURPOSE, place, self.number]))


def list_intruders(kinds: tuple[str, ...], number: int, seed: int) -> list[Intruder]:
    """List pictures of some kinds.

    Args:
        kinds: Which.
        number: How many of each kind; of photographs there are no more than come with scikit-image.
        seed: Of what is drawn.

    Returns:
        The pictures, none drawn yet.

    Example:
        >>> [intruder.name for intruder in list_intruders(("noise", "blank"), 2, seed=0)]
        ['noise/0', 'noise/1', 'blank/0', 'blank/1']
    """
    most = {"photograph": len(PHOTOGRAPHS)}
    return [Intruder(kind, place, seed) for kind in kinds for place in range(min(number, most.get(kind, number)))]
