"""What the pixels of a case say, before anything expensive is done with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np

from tumourflow.cohorts.case import Case
from tumourflow.cohorts.masks import MaskSizesError
from tumourflow.cohorts.sharing import read_shared, share_reading
from tumourflow.curation.canonical import canonical_image, canonical_mask
from tumourflow.curation.facts import DAMAGED, TOO_LARGE, UNKNOWN, Facts, say
from tumourflow.imaging.content import content_key
from tumourflow.imaging.marks import COLOUR_OVERLAY, find_marks
from tumourflow.imaging.mask import MaskError, list_colours, list_values
from tumourflow.imaging.thumbnail import make_thumbnail
from tumourflow.types import Pixels

_MOST_LABELS = 8


def inspect_case(case: Case) -> Facts:
    """Read a case's image and mask and note what they are.

    Args:
        case: Any case; what is wrong with it becomes a fact, never an exception.

    Returns:
        `case_id`; `image_error`, `mask_error` (why it cannot be decoded, else empty) and whether that is because it is `too_large`;
        `mask_values` (why the mask is not two-valued, else empty); `finite`; `float_range` (of an image of floating-point values, else
        empty); `constant` (all pixels of the image equal); `brightest` and `mean` value of the image; `height`, `width`, `channels`,
        `dtype` of the canonical image; `equal_channels` (pairs such as `0=1 1=2`); `flat_channels` (numbers of those whose pixels are all
        equal, such as `0 2`, where others are not); `channel_maxima` (brightest value of each of several channels, such as `200 31 90`);
        `mask_height`, `mask_width` (0 without a mask); `tumour_pixels`; `labels` (values
        other than 0 of a mask of which none was chosen, or that has more than two, else empty); `mask_low` and `mask_high` (the two grey
        values of a mask, equal where it has but one, NaN where they are not known); `mask_colours` (of a mask that is not grey, without
        black, such as `#800000`, else empty); `tumour_row`, `tumour_column` (its centre of mass as
        shares of height and width, NaN without tumour); `image_key` and `mask_key` of the canonical pixels; `thumbnail` (the bytes of
        `make_thumbnail`); `notes` (JSON list of `[finding, evidence]`: what the reader knows, and marks drawn into the image).
    """
    with share_reading():
        return _inspect(case)


def _inspect(case: Case) -> Facts:
    facts = {"case_id": case.case_id} | UNKNOWN | _inspect_image(case)
    if case.load_mask:
        found = _inspect_mask(case.load_mask)
        # Neither hides what the other has shown.
        facts |= found | {"finite": facts["finite"] and found.get("finite", True)}
        facts["too_large"] = facts["too_large"] or found.get("too_large", False)
        if case.load_labels and facts["mask_key"] and not facts["tumour_pixels"]:
            facts["labels"] = _list_labels(case.load_labels)
    return facts | _inspect_notes(case, facts)


def _inspect_image(case: Case) -> Facts:
    try:
        stored = case.load_image()
        if not np.isfinite(stored).all():
            return {"finite": False}
        if np.issubdtype(stored.dtype, np.floating):
            return {"float_range": f"values from {stored.min():g} to {stored.max():g}: export the image with 8 or 16 bit integers"}
        pixels = canonical_image(stored)
    except DAMAGED as error:
        return {"image_error": say(error), "too_large": isinstance(error, TOO_LARGE)}
    height, width = pixels.shape[:2]
    return {
        "constant": bool((pixels == pixels.flat[0]).all()),
        "brightest": float(pixels.max()),
        "mean": float(pixels.mean()),
        "height": height,
        "width": width,
        "channels": 1 if pixels.ndim == 2 else pixels.shape[2],
        "dtype": pixels.dtype.name,
        **_compare_channels(pixels),
        "image_key": content_key(pixels),
        "thumbnail": make_thumbnail(pixels).tobytes(),
        "notes": json.dumps(_find_marks(pixels)),
    }


def _inspect_mask(load: Callable[[], Pixels]) -> Facts:
    values: tuple[float, ...] = ()
    colours: tuple[str, ...] = ()
    try:
        stored = load()
        if not np.isfinite(stored).all():
            return {"finite": False}
        values, colours = list_values(stored), list_colours(stored)
        pixels = canonical_mask(stored)
    except MaskError as error:
        return {"mask_values": say(error), "labels": _name_labels(values), "mask_colours": " ".join(colours)}
    except MaskSizesError as error:
        return {"notes": json.dumps([["size_mismatch", say(error)]])}
    except DAMAGED as error:
        return {"mask_error": say(error), "too_large": isinstance(error, TOO_LARGE)}
    height, width = pixels.shape
    sizes: Facts = {"mask_height": height, "mask_width": width, "tumour_pixels": int(np.count_nonzero(pixels))}
    low, high = (values[0], values[-1]) if values else (float("nan"), float("nan"))
    return (
        sizes
        | _locate_tumour(pixels)
        | {"mask_key": content_key(pixels), "mask_low": low, "mask_high": high}
        | {"mask_colours": " ".join(colours)}
    )


def _list_labels(load: Callable[[], Pixels]) -> str:
    return _name_labels(np.unique(read_shared(load)).astype(float).tolist())


def _name_labels(values: Iterable[float]) -> str:
    return " ".join(f"{label:g}" for label in [value for value in values if value][:_MOST_LABELS])


def _locate_tumour(mask: Pixels) -> Facts:
    counts = [np.count_nonzero(mask, axis=axis) for axis in (1, 0)]
    if not counts[0].any():
        return {}
    row, column = (float(np.average(np.arange(len(each)) + 0.5, weights=each) / len(each)) for each in counts)
    return {"tumour_row": row, "tumour_column": column}


def _inspect_notes(case: Case, facts: Facts) -> Facts:
    if case.load_notes is None or facts["image_error"] or facts["mask_error"]:
        return {}
    try:
        known = [[note.finding, note.evidence] for note in case.load_notes()]
    except DAMAGED as error:
        return {"image_error": say(error), "too_large": isinstance(error, TOO_LARGE)}
    return {"notes": json.dumps(known + json.loads(str(facts["notes"])))}


def _find_marks(pixels: Pixels) -> list[list[str]]:
    return [["colour_overlay" if mark == COLOUR_OVERLAY else "marks", mark] for mark in find_marks(pixels)]


def _compare_channels(pixels: Pixels) -> Facts:
    planes = [np.ascontiguousarray(pixels[..., channel]) for channel in range(pixels.shape[2])] if pixels.ndim == 3 else []
    maxima = [int(plane.max()) for plane in planes]
    # Two empty channels are equal, but nothing was put in the place of either.
    telling = [channel for channel, plane in enumerate(planes) if int(plane.min()) != maxima[channel]]
    flat = [channel for channel in range(len(planes)) if channel not in telling]
    return {
        "equal_channels": " ".join(f"{a}={b}" for a, b in combinations(telling, 2) if np.array_equal(planes[a], planes[b])),
        "flat_channels": " ".join(map(str, flat)) if telling else "",
        "channel_maxima": " ".join(map(str, maxima)),
    }
