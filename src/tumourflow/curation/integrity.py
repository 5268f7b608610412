"""What the pixels of a case say, before anything expensive is done with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tumourflow.cohorts.case import Case
from tumourflow.curation.canonical import canonical_image, canonical_mask
from tumourflow.imaging.content import content_key
from tumourflow.types import Pixels

Facts = dict[str, str | int | float | bool]

_UNKNOWN: Facts = {
    "image_error": "",
    "mask_error": "",
    "mask_values": "",
    "finite": True,
    "float_range": "",
    "constant": False,
    "brightest": float("nan"),
    "height": 0,
    "width": 0,
    "channels": 0,
    "dtype": "",
    "mask_height": 0,
    "mask_width": 0,
    "tumour_pixels": 0,
    "image_key": "",
    "mask_key": "",
}


def inspect_case(case: Case) -> Facts:
    """Read a case's image and mask and note what they are.

    Args:
        case: Any case; what is wrong with it becomes a fact, never an exception.

    Returns:
        `case_id`; `image_error`, `mask_error` (why it cannot be decoded, else empty); `mask_values` (why the mask is not two-valued, else
        empty); `finite`; `float_range` (of an image of floating-point values, else empty); `constant` (all pixels of the image equal);
        `brightest` value of the image; `height`, `width`, `channels`, `dtype` of the canonical image; `mask_height`, `mask_width` (0
        without a mask); `tumour_pixels`; `image_key` and `mask_key` of the canonical pixels.
    """
    return (
        {"case_id": case.case_id} | _UNKNOWN | _inspect_image(case.load_image) | (_inspect_mask(case.load_mask) if case.load_mask else {})
    )


def glance_at_case(case: Case, root: Path) -> Facts:
    """Read no more than the headers of a case's files.

    Args:
        case: Any case.
        root: Folder of the cohort.

    Returns:
        The facts of `inspect_case` as far as headers tell: errors and sizes. Files in formats without a header known to Pillow pass.
    """
    image_size, image_error = _read_header(root / case.image)
    masks = [_read_header(root / mask) for mask in case.masks]
    mask_size, mask_error = next((mask for mask in masks if mask[1]), masks[0] if masks else ((0, 0), ""))
    sizes = dict(zip(("height", "width", "mask_height", "mask_width"), image_size + mask_size, strict=True))
    return {"case_id": case.case_id} | _UNKNOWN | {"image_error": image_error, "mask_error": mask_error} | sizes


def _inspect_image(load: Callable[[], Pixels]) -> Facts:
    try:
        stored = load()
        if not np.isfinite(stored).all():
            return {"finite": False}
        if np.issubdtype(stored.dtype, np.floating):
            return {"float_range": f"values from {stored.min():g} to {stored.max():g}: export the image with 8 or 16 bit integers"}
        pixels = canonical_image(stored)
    except (OSError, ValueError) as error:
        return {"image_error": _say(error)}
    height, width = pixels.shape[:2]
    return {
        "constant": bool((pixels == pixels.flat[0]).all()),
        "brightest": float(pixels.max()),
        "height": height,
        "width": width,
        "channels": 1 if pixels.ndim == 2 else pixels.shape[2],
        "dtype": pixels.dtype.name,
        "image_key": content_key(pixels),
    }


def _inspect_mask(load: Callable[[], Pixels]) -> Facts:
    try:
        stored = load()
    except (OSError, ValueError) as error:
        return {"mask_error": _say(error)}
    if not np.isfinite(stored).all():
        return {"finite": False}
    try:
        pixels = canonical_mask(stored)
    except ValueError as error:
        return {"mask_values": _say(error)}
    height, width = pixels.shape
    return {"mask_height": height, "mask_width": width, "tumour_pixels": int(np.count_nonzero(pixels)), "mask_key": content_key(pixels)}


def _read_header(path: Path) -> tuple[tuple[int, int], str]:
    try:
        if path.stat().st_size == 0:
            return (0, 0), "the file is empty"
        if path.suffix.lower() not in Image.registered_extensions():
            return (0, 0), ""
        with Image.open(path) as image:
            return (image.height, image.width), ""
    except (OSError, ValueError, SyntaxError) as error:
        return (0, 0), _say(error)


def _say(error: Exception) -> str:
    # Folders are left out, so that the ledger of a cohort is the same on every machine.
    return re.sub(r"'[^']*/([^'/]+)'", r"'\1'", " ".join(str(error).split())) or type(error).__name__
