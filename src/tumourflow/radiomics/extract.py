"""All features of a case: one row of the features table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from tumourflow.imaging.crop import find_contour
from tumourflow.imaging.intensity import count_values, find_threshold
from tumourflow.radiomics.first_order import measure_first_order
from tumourflow.radiomics.fractal import measure_fractal
from tumourflow.radiomics.glcm import count_neighbours, measure_glcm
from tumourflow.radiomics.lbp import measure_lbp
from tumourflow.radiomics.margin import measure_margin
from tumourflow.radiomics.place import measure_place
from tumourflow.radiomics.region import cut_region
from tumourflow.radiomics.ring import measure_ring
from tumourflow.radiomics.run_lengths import count_runs, measure_run_lengths
from tumourflow.radiomics.shape import measure_shape
from tumourflow.radiomics.types import Features
from tumourflow.types import Float32, Mask, Pixels

FAMILIES = {
    "shape": "shape",
    "fractal": "fractal dimension",
    "place": "place in the body",
    "intensity": "brightness",
    "glcm": "co-occurrence",
    "glrlm": "run lengths",
    "lbp": "local binary patterns",
    "margin": "margin",
    "ring": "ring around",
}
"""What stands before the names of a family's features, and the family in words."""


def extract_features(plane: Pixels, mask: Mask | None, spacing: tuple[float, float] = (1.0, 1.0)) -> Features:
    """Measure all features of a region of an image; see `extract_each`.

    Args:
        plane: Lead channel `(height, width)`, uint8 or uint16.
        mask: The region; none for the whole body.
        spacing: Height and width of a pixel.
    """
    return extract_each(plane, {"mask": mask}, spacing)["mask"]


def extract_each(plane: Pixels, masks: Mapping[str, Mask | None], spacing: tuple[float, float] = (1.0, 1.0)) -> dict[str, Features]:
    """Measure all features of some regions of one image.

    Grey values are taken as multiples of the mean of the image's body, and textures on 32 grey levels of the region: what the scanner
    calls 100 does not matter. Textures count all four directions together.

    Args:
        plane: Lead channel `(height, width)`, uint8 or uint16.
        masks: Regions by name, each `(height, width)` booleans, or none for the whole body that the image shows.
        spacing: Height and width of a pixel, in millimetres where they are known.

    Returns:
        For each region, `<family>_<feature>` for the families of `FAMILIES`. An empty mask has areas, components and its share of the body
        0 and everything else about it NaN; a mask of one pixel is NaN where a single pixel defines nothing.
    """
    body = find_contour(plane, find_threshold(count_values([plane[:, :, None]])[0]))
    body = body if body.any() else np.ones(plane.shape, bool)
    # In an image that is all black, too, something must be 1.
    unit = float(plane[body].mean()) or 1.0
    image = plane.astype(np.float32) / np.float32(unit)
    return {name: _measure(image, body if mask is None else mask, body, spacing) for name, mask in masks.items()}


def list_features(columns: Iterable[str]) -> list[str]:
    """Tell which columns of a table are features.

    Example:
        >>> list_features(["case_id", "glcm_contrast"])
        ['glcm_contrast']
    """
    return [name for name in columns if name.partition("_")[0] in FAMILIES]


def name_in_words(feature: str) -> str:
    """Write the name of a feature as a figure shows it.

    Example:
        >>> name_in_words("glcm_joint_entropy")
        'joint entropy (co-occurrence)'
    """
    family, _, name = feature.partition("_")
    return f"{name.replace('_', ' ')} ({FAMILIES[family]})"


def _measure(image: Float32, mask: Mask, body: Mask, spacing: tuple[float, float]) -> Features:
    region = cut_region(image, mask, body)
    families = {
        "shape": measure_shape(region.mask, spacing),
        "fractal": measure_fractal(region.mask),
        "place": measure_place(mask, body),
        "intensity": measure_first_order(region.values),
        "glcm": measure_glcm(count_neighbours(region.levels).sum(axis=2)),
        "glrlm": measure_run_lengths(count_runs(region.levels)),
        "lbp": measure_lbp(region.image, region.mask),
        "margin": measure_margin(region),
        "ring": measure_ring(region),
    }
    return {f"{family}_{name}": number for family, features in families.items() for name, number in features.items()}
