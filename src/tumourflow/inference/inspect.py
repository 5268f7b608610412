"""From images to findings: router, detection, segmentation and typing, a few patients at a time."""

from __future__ import annotations

from collections.abc import Sequence

from tumourflow.inference.findings import blank_row, describe_spacing
from tumourflow.inference.models import Chosen
from tumourflow.inference.reading import Inspected, Reading
from tumourflow.inference.sorting import Sorter
from tumourflow.inference.steps import Steps


class Inspector:
    """Leads images through the router and the steps.

    Attributes:
        sorter: Tells kinds of images apart.
        steps: Ask the models.
    """

    def __init__(self, chosen: Chosen, modality: str | None) -> None:
        """Take the models, and what the images show or their kind, where the user says so."""
        self.sorter = Sorter(chosen, modality)
        self.steps = Steps(chosen)

    def inspect(self, readings: Sequence[Reading]) -> list[Inspected]:
        """Inspect volumes.

        Args:
            readings: What was read of them; few enough to be held together.

        Returns:
            What was found in each, in their order.
        """
        inspected = [_begin(reading) for reading in readings]
        units = [
            (unit, each.masks) for each, reading in zip(inspected, readings, strict=True) for unit in self.sorter.sort(reading, each.rows)
        ]
        for kind in sorted({unit.kind for unit, _ in units}):
            some = [unit for unit, _ in units if unit.kind == kind]
            self.steps.detect(kind, some)
            segmented = self.steps.segment(kind, some)
            self.steps.type(kind, some, segmented)
            for slices, (unit, masks) in zip(segmented, [each for each in units if each[0].kind == kind], strict=True):
                masks.update(zip(unit.places, (found.mask for found in slices), strict=False))
        return inspected


def _begin(reading: Reading) -> Inspected:
    rows = [blank_row(each.source, reading.volume.patient, **describe_spacing(each.spacing)) for each in reading.volume.slices]
    for place, reason in reading.unreadable.items():
        rows[place].update(status="unreadable", reason=reason)
    for place, image in reading.images.items():
        rows[place].update(height=image.shape[0], width=image.shape[1])
    return Inspected(reading.volume, rows, {})
