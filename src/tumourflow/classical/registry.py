"""Every classical method under its name, with the values that are tried for each of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from tumourflow.classical.active_contour import evolve_contour
from tumourflow.classical.basins import flood_watershed
from tumourflow.classical.clusters import cluster_k_means
from tumourflow.classical.field import Sight
from tumourflow.classical.region_growing import grow_region
from tumourflow.classical.thresholds import threshold_adaptive, threshold_fixed, threshold_multi_otsu, threshold_otsu
from tumourflow.types import Mask


@dataclass(frozen=True)
class Method:
    """A way to find a tumour without learning.

    Attributes:
        segment: Takes a `Field` and the parameters by their names, gives a mask of the same size.
        grid: Values that are tried for each parameter; all of them are chosen on training patients.
        validated: A parameter that is chosen on validation patients instead.
    """

    segment: Callable[..., Mask]
    grid: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    validated: str | None = None

    def settings(self) -> Iterator[dict[str, float]]:
        """Give every combination of the values of the grid."""
        for values in product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))


METHODS: dict[str, Method] = {
    "fixed_threshold": Method(threshold_fixed, {"level": (0.25, 0.5, 0.75, 1, 1.5, 2, 2.5)}),
    "otsu": Method(threshold_otsu),
    "multi_otsu": Method(threshold_multi_otsu, {"classes": (3, 4)}),
    "adaptive_threshold": Method(threshold_adaptive, {"width": (0.1, 0.2), "offset": (0.25, 0.5, 1, 1.5)}),
    "region_growing": Method(
        grow_region, {"symmetry": (0, 1), "brightness": (0.5, 1), "tolerance": (0.5, 0.75, 1, 1.5)}, validated="tolerance"
    ),
    "k_means": Method(cluster_k_means, {"clusters": (2, 3, 4)}),
    "watershed": Method(flood_watershed, {"inside": (1, 1.5, 2), "outside": (0, 0.5)}),
    "active_contour": Method(evolve_contour, {"level": (0.5, 1, 1.5), "smoothness": (1, 2)}),
}

COMPONENTS = (0, 0.2, 0.5, 1)
"""Components of a patient's volume smaller than this share of its largest are removed, as after a network."""

_SMOOTHINGS = (0.015, 0.005)
_RIMS = (0.06, 0, 0.03, 0.09)


def list_sights(polarity: int) -> list[Sight]:
    """Give every way to look at a slice that is tried, first the one to begin with."""
    return [Sight(polarity, smoothing, rim) for smoothing, rim in product(_SMOOTHINGS, _RIMS)]
