"""Which kind of image each is, and which images are measured together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from tumourflow.inference.findings import DONE, Row
from tumourflow.inference.kinds import VOLUMES, Colours, KindFound, find_kind, fit_channels, guess_modality, router_view, see_colours
from tumourflow.inference.models import STEPS, Chosen
from tumourflow.inference.reading import Reading
from tumourflow.inference.routing import Route, Router, route_together
from tumourflow.inference.units import Unit
from tumourflow.inference.windows import find_kind_window
from tumourflow.types import Pixels


class Sorter:
    """Sorts images by the router, or by what the user says, and by their channels.

    Attributes:
        chosen: The models; the router is loaded when the first image comes.
        modality: What the images show, or their kind, where the user says so.
    """

    def __init__(self, chosen: Chosen, modality: str | None) -> None:
        self.chosen = chosen
        self.modality = modality

    def sort(self, reading: Reading, rows: Sequence[Row]) -> Iterator[Unit]:
        """Sort the images of a volume.

        Where most show what a model measures together, all are of that kind, or are refused together; others are looked at one by one.

        Args:
            reading: What was read of the volume.
            rows: Of the table of findings, one a slice; what is found of an image's kind is added.

        Yields:
            Images that go through the steps together.
        """
        for places in reading.parts():
            images = [reading.images[place] for place in places]
            colours = see_colours(images)
            routes = self._route(images, colours)
            kinds = [self._find_kind(route, colours) for route in routes]
            if any(self._is_measured_together(found.kind) for found in kinds):
                route = route_together(routes)
                together = self._find_kind(route, colours)
                # Where most stand alone the others are no part of a volume with them.
                if not together.kind or self._is_measured_together(together.kind):
                    routes, kinds = [route] * len(places), [together] * len(places)
            for place, route, found in zip(places, routes, kinds, strict=True):
                rows[place].update(self._describe(route, found))
            yield from self._cut(reading, places, kinds, rows)

    def _route(self, images: Sequence[Pixels], colours: Colours | None) -> list[Route]:
        if self.modality or colours is None:
            return [Route(self.modality or "")] * len(images)
        if self.chosen.router is None:
            return [Route(*guess_modality(colours, self.chosen.kinds))] * len(images)
        return self._router.route([router_view(image, colours) for image in images])

    def _find_kind(self, route: Route, colours: Colours | None) -> KindFound:
        if not route.modality and route.reason:
            return KindFound("", route.reason)
        found = find_kind(route.modality, colours, self.chosen.kinds)
        return KindFound(found.kind, " ".join(filter(None, (route.reason, found.reason))))

    def _describe(self, route: Route, found: KindFound) -> Row:
        return {
            "status": DONE if found.kind else "refused",
            "reason": found.reason,
            "modality": (found.kind or route.modality).partition("-")[0],
            "input_kind": found.kind,
            "router_model": self.chosen.router.label if self.chosen.router and not self.modality else "",
        }

    def _is_measured_together(self, kind: str) -> bool:
        models = [model for step in STEPS if (model := self.chosen.find(step, kind))]
        # What tells types from masks has no preparation.
        prepared = [model.bundle["preparation"] for model in models if "preparation" in model.bundle]
        if not prepared:
            return kind in VOLUMES
        return any(preparation.get("unit", "patient") == "patient" for preparation in prepared)

    def _cut(self, reading: Reading, places: Sequence[int], kinds: Sequence[KindFound], rows: Sequence[Row]) -> Iterator[Unit]:
        groups: dict[tuple[str, int], list[int]] = {}
        for place, found in zip(places, kinds, strict=True):
            if found.kind:
                groups.setdefault((found.kind, 0 if self._is_measured_together(found.kind) else 1 + place), []).append(place)
        for (kind, _), group in groups.items():
            images = [fit_channels(image, kind) for image in reading.show(group, find_kind_window(self.chosen, kind))]
            yield Unit(reading, group, kind, images, [rows[place] for place in group])

    @cached_property
    def _router(self) -> Router:
        router = self.chosen.router
        if router is None:
            msg = "There must be a router. Received: none."
            raise LookupError(msg)
        return Router(router.load(), router.bundle)
