"""From images to findings: router, detection, segmentation and typing, a few patients at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tumourflow.inference.findings import DONE, NO_MODEL, NONE_TO_DO, Row, blank_row, describe_spacing, measure_mask
from tumourflow.inference.kinds import KindFound, find_kind, fit_channels, guess_modality, router_view, see_colours
from tumourflow.inference.models import NOTHING, Chosen
from tumourflow.inference.reading import Inspected, Reading
from tumourflow.inference.routing import Route, Router, route_together
from tumourflow.serving.classifier import Classifier
from tumourflow.serving.segmenter import SegmentedSlice, Segmenter
from tumourflow.serving.volumes import Volume
from tumourflow.types import Float32, Pixels


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

    def as_volume(self) -> Volume:
        """Give networks what they take."""
        return Volume(self.images, [self.reading.volume.slices[place].number for place in self.places])


class Inspector:
    """Asks each model about the images that it is for; a model is loaded when the first image comes that it is for.

    Attributes:
        chosen: The models.
        modality: What the images show, or their kind, where the user says so.
    """

    def __init__(self, chosen: Chosen, modality: str | None) -> None:
        self.chosen = chosen
        self.modality = modality
        self._tools: dict[str, Any] = {}

    def inspect(self, readings: Sequence[Reading]) -> list[Inspected]:
        """Inspect volumes.

        Args:
            readings: What was read of them; few enough to be held together.

        Returns:
            What was found in each, in their order.
        """
        inspected = [self._begin(reading) for reading in readings]
        units = [unit for each, reading in zip(inspected, readings, strict=True) for unit in self._sort(reading, each.rows)]
        for kind in sorted({unit.kind for unit in units}):
            of_kind = [unit for unit in units if unit.kind == kind]
            self._detect(kind, of_kind)
            segmented = self._segment(kind, of_kind)
            self._type(kind, of_kind, segmented)
            for unit, slices in zip(of_kind, segmented, strict=True):
                masks = next(each.masks for each in inspected if each.volume is unit.reading.volume)
                masks |= {place: found.mask for place, found in zip(unit.places, slices, strict=True)} if slices else {}
        return inspected

    def _begin(self, reading: Reading) -> Inspected:
        rows = []
        for place, each in enumerate(reading.volume.slices):
            row = blank_row(each.source, reading.volume.patient, **describe_spacing(each.spacing))
            if place in reading.unreadable:
                row |= {"status": "unreadable", "reason": reading.unreadable[place]}
            else:
                height, width = reading.images[place].shape[:2]
                row |= {"height": height, "width": width}
            rows.append(row)
        return Inspected(reading.volume, rows, {})

    def _sort(self, reading: Reading, rows: list[Row]) -> Iterator[Unit]:
        for places in reading.parts():
            images = [reading.images[place] for place in places]
            colours = see_colours(images)
            routes = self._route(images, colours)
            kinds = [self._find_kind(route, colours) for route in routes]
            together = route_together(routes)
            found = self._find_kind(together, colours)
            if self._is_measured_together(found.kind):
                kinds, routes = [found] * len(places), [together] * len(places)
            for place, route, kind in zip(places, routes, kinds, strict=True):
                rows[place] |= self._describe(route, kind)
            yield from self._cut(reading, places, [kind.kind for kind in kinds], rows)

    def _cut(self, reading: Reading, places: Sequence[int], kinds: Sequence[str], rows: list[Row]) -> Iterator[Unit]:
        groups: dict[tuple[str, int], list[int]] = {}
        for place, kind in zip(places, kinds, strict=True):
            if kind:
                # Images that were measured each by itself stand alone, whatever lies in the same folder.
                groups.setdefault((kind, -1 if self._is_measured_together(kind) else place), []).append(place)
        for (kind, _), group in groups.items():
            yield Unit(reading, group, kind, [fit_channels(reading.images[place], kind) for place in group], [rows[place] for place in group])

    def _is_measured_together(self, kind: str) -> bool:
        models = [model for step in ("segmentation", "detection") if (model := self.chosen.find(step, kind))]
        return any(model.bundle["preparation"].get("unit", "patient") == "patient" for model in models)

    def _route(self, images: Sequence[Pixels], colours: Any) -> list[Route]:
        if self.modality or colours is None:
            return [Route(self.modality or "")] * len(images)
        if self.chosen.router is None:
            return [Route(*guess_modality(colours, self.chosen.kinds))] * len(images)
        return self._router.route([router_view(image, colours) for image in images])

    def _find_kind(self, route: Route, colours: Any) -> KindFound:
        if not route.modality and route.reason:
            return KindFound("", route.reason)
        found = find_kind(route.modality, colours, self.chosen.kinds)
        return KindFound(found.kind, " ".join(filter(None, (route.reason, found.reason))))

    def _describe(self, route: Route, kind: KindFound) -> Row:
        asked = self.chosen.router is not None and not self.modality
        modality = (kind.kind or route.modality).partition("-")[0]
        return {
            "status": DONE if kind.kind else "refused",
            "reason": kind.reason,
            "modality": modality,
            "input_kind": kind.kind,
            "router_model": self.chosen.router.label if asked and self.chosen.router else "",
        }

    def _detect(self, kind: str, units: Sequence[Unit]) -> None:
        if self._report(units, "detection", kind):
            classifier: Classifier = self._tool("detection", kind, Classifier)
            without = [number for number, name in enumerate(classifier.classes) if name in NOTHING]
            for unit, probabilities in zip(units, classifier.classify_volumes(unit.as_volume() for unit in units), strict=True):
                for row, each in zip(unit.rows, probabilities, strict=True):
                    row["tumour_probability"] = 1 - float(each[without].sum())

    def _segment(self, kind: str, units: Sequence[Unit]) -> list[list[SegmentedSlice]]:
        if not self._report(units, "segmentation", kind):
            return [[]] * len(units)
        segmenter: Segmenter = self._tool("segmentation", kind, Segmenter)
        segmented = list(segmenter.segment_volumes(unit.as_volume() for unit in units))
        for unit, slices in zip(units, segmented, strict=True):
            for place, row, found in zip(unit.places, unit.rows, slices, strict=True):
                row |= measure_mask(found.mask, found.probability, unit.reading.volume.slices[place].spacing)
                row["uncertainty"] = found.uncertainty
        return segmented

    def _type(self, kind: str, units: Sequence[Unit], segmented: Sequence[list[SegmentedSlice]]) -> None:
        if not self._report(units, "typing", kind):
            return
        classifier: Classifier = self._tool("typing", kind, Classifier)
        masked = {id(unit): [found.mask.any() for found in slices] for unit, slices in zip(units, segmented, strict=True) if slices}
        # What breasts show may also be normal; a type of brain tumour needs a tumour.
        wanted = [unit for unit in units if kind.startswith("breast") or any(masked.get(id(unit), [True]))]
        probabilities = dict(zip(map(id, wanted), classifier.classify_volumes(unit.as_volume() for unit in wanted), strict=True))
        for unit in units:
            empty = [False] * len(unit.rows) if kind.startswith("breast") else [not found for found in masked.get(id(unit), [])]
            for place, row in enumerate(unit.rows):
                if empty[place : place + 1] == [True]:
                    row |= {"typing": NONE_TO_DO, "typing_model": ""}
                else:
                    _tell_type(row, classifier.classes, probabilities[id(unit)][place])

    def _report(self, units: Sequence[Unit], step: str, kind: str) -> bool:
        model = self.chosen.find(step, kind)
        for row in (row for unit in units for row in unit.rows):
            row |= {step: DONE, f"{step}_model": model.label} if model else {step: NO_MODEL}
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

    @cached_property
    def _router(self) -> Router:
        router = self.chosen.router
        if router is None:
            msg = "There must be a router. Received: none."
            raise LookupError(msg)
        return Router(router.load(), router.bundle)


def _tell_type(row: Row, classes: Sequence[str], probabilities: Float32) -> None:
    best = int(probabilities.argmax())
    row |= {"type": classes[best], "type_probability": float(probabilities[best])}
