"""Detection, segmentation and typing of images of one kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tumourflow.inference.findings import DONE, NO_MODEL, NONE_TO_DO, Row, measure_mask
from tumourflow.inference.models import NOTHING, Chosen
from tumourflow.inference.units import Unit
from tumourflow.prediction.confidence import measure_confidence
from tumourflow.radiomics.type_model import TypeModel
from tumourflow.serving.classifier import Classifier
from tumourflow.serving.segmenter import SegmentedSlice, Segmenter

Segmented = list[SegmentedSlice]
"""What was found on the images of a unit; empty where no model is there to find it."""

_NOT_TYPED: Row = {"typing": NONE_TO_DO, "typing_model": ""}


class Steps:
    """Asks the models of each step; one is loaded when the first image comes that it is for.

    Each step adds what it finds to the rows of the images, and reports which model did it, or that there is none.

    Attributes:
        chosen: The models.
    """

    def __init__(self, chosen: Chosen) -> None:
        self.chosen = chosen
        self._tools: dict[str, Any] = {}

    def detect(self, kind: str, units: Sequence[Unit]) -> None:
        """Tell how probable a tumour is."""
        if not self._report(units, "detection", kind):
            return
        classifier: Classifier = self._tool("detection", kind, Classifier)
        without = [number for number, name in enumerate(classifier.classes) if name in NOTHING]
        for unit, probabilities in zip(units, classifier.classify_volumes(unit.as_volume() for unit in units), strict=True):
            for row, each in zip(unit.rows, probabilities, strict=True):
                row["tumour_probability"] = 1 - float(each[without].sum())

    def segment(self, kind: str, units: Sequence[Unit]) -> list[Segmented]:
        """Tell where tumours are, and measure them."""
        if not self._report(units, "segmentation", kind):
            return [[] for _ in units]
        segmenter: Segmenter = self._tool("segmentation", kind, Segmenter)
        model = self.chosen.find("segmentation", kind)
        fitted = model.bundle.get("confidence") if model else None
        segmented = list(segmenter.segment_volumes(unit.as_volume() for unit in units))
        for unit, slices in zip(units, segmented, strict=True):
            for row, spacing, found in zip(unit.rows, unit.spacings, slices, strict=True):
                row.update(measure_mask(found.mask, found.probability, spacing), uncertainty=found.uncertainty)
                row["confidence"] = measure_confidence(found.probability, found.mask, fitted)
        return segmented

    def type(self, kind: str, units: Sequence[Unit], segmented: Sequence[Segmented]) -> None:
        """Tell the types of what was segmented; breasts may also be normal, and have a type whatever was segmented."""
        if not self._report(units, "typing", kind):
            return
        model = self.chosen.find("typing", kind)
        if model and model.name.endswith("-typing"):
            self._type_masks(kind, units, segmented)
        else:
            self._type_images(kind, units, [[] for _ in units] if kind.startswith("breast") else segmented)

    def _type_masks(self, kind: str, units: Sequence[Unit], segmented: Sequence[Segmented]) -> None:
        model: TypeModel = self._tool("typing", kind, lambda loaded, _: loaded)
        for unit, slices in zip(units, segmented, strict=True):
            for number, (row, image, spacing) in enumerate(zip(unit.rows, unit.images, unit.spacings, strict=True)):
                found = model.type_of(image, slices[number].mask, spacing) if slices else None
                row.update(_tell_type(model.classes, found.probabilities) if found and found.type else _NOT_TYPED)

    def _type_images(self, kind: str, units: Sequence[Unit], segmented: Sequence[Segmented]) -> None:
        classifier: Classifier = self._tool("typing", kind, Classifier)
        shown: list[tuple[Unit, Segmented]] = []
        for unit, slices in zip(units, segmented, strict=True):
            if not slices or any(found.mask.any() for found in slices):
                shown.append((unit, slices))
            else:
                for row in unit.rows:
                    row.update(_NOT_TYPED)
        for (unit, slices), probabilities in zip(shown, classifier.classify_volumes(unit.as_volume() for unit, _ in shown), strict=True):
            for number, (row, each) in enumerate(zip(unit.rows, probabilities, strict=True)):
                row.update(_tell_type(classifier.classes, each) if not slices or slices[number].mask.any() else _NOT_TYPED)

    def _report(self, units: Sequence[Unit], step: str, kind: str) -> bool:
        model = self.chosen.find(step, kind)
        for row in (row for unit in units for row in unit.rows):
            row.update({step: DONE, f"{step}_model": model.label} if model else {step: NO_MODEL})
        return model is not None

    def _tool(self, step: str, kind: str, make: Callable[[Any, Any], Any]) -> Any:
        model = self.chosen.find(step, kind)
        if model is None:
            msg = f"There must be a model for {step} of {kind}. Received: none."
            raise LookupError(msg)
        # A classifier may serve two steps.
        if model.label not in self._tools:
            self._tools[model.label] = make(model.load(), model.bundle)
        return self._tools[model.label]


def _tell_type(classes: Sequence[str], probabilities: Any) -> Row:
    best = int(probabilities.argmax())
    return {"type": classes[best], "type_probability": float(probabilities[best])}
