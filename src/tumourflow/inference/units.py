"""Images of one kind, on their way through the steps."""

from __future__ import annotations

from dataclasses import dataclass, field

from tumourflow.inference.findings import Row
from tumourflow.inference.reading import Reading
from tumourflow.serving.volumes import Volume
from tumourflow.types import Pixels


@dataclass(frozen=True)
class Unit:
    """Images of one kind that are measured together, on their way through the steps.

    Attributes:
        reading: The volume that they are of.
        places: Their places in it.
        kind: What they are.
        images: With the channels of their kind.
        rows: What is known of each so far.
    """

    reading: Reading
    places: list[int]
    kind: str
    images: list[Pixels] = field(repr=False)
    rows: list[Row] = field(repr=False)

    @property
    def spacings(self) -> list[tuple[float, float] | None]:
        """Height and width of the pixels of each image in millimetres, where known."""
        return [self.reading.volume.slices[place].spacing for place in self.places]

    def as_volume(self) -> Volume:
        """Give networks what they take."""
        return Volume(self.images, [self.reading.volume.slices[place].number for place in self.places])
