"""The ring around a region: what it lies in."""

from __future__ import annotations

import numpy as np

from tumourflow.radiomics.region import Region
from tumourflow.radiomics.types import Features, ratio

NAMES = ("mean", "standard_deviation", "percentile_10", "percentile_90", "tumour_to_ring_ratio", "outside_share")


def measure_ring(region: Region) -> Features:
    """Measure the pixels around a region, up to `Region.width` from its border.

    Args:
        region: Image, mask, tissue and distances.

    Returns:
        `mean`, `standard_deviation`, `percentile_10` and `percentile_90` of the ring's tissue; `tumour_to_ring_ratio`, the mean of the
        region by that of the ring; `outside_share`, how much of the ring is no tissue: a region at the body's edge. NaN where there is no
        ring, or no tissue in it.
    """
    nothing = dict.fromkeys(NAMES, np.nan)
    if not region.bordered:
        return nothing
    ring = (region.distance < 0) & (region.distance >= -region.width)
    values = region.image[ring & region.body].astype(np.float64)
    outside = 1 - values.size / ring.sum()
    if not values.size:
        return nothing | {"outside_share": float(outside)}
    low, high = np.percentile(values, [10, 90])
    return {
        "mean": float(values.mean()),
        "standard_deviation": float(values.std()),
        "percentile_10": float(low),
        "percentile_90": float(high),
        "tumour_to_ring_ratio": ratio(float(region.values.mean()), float(values.mean())),
        "outside_share": float(outside),
    }
