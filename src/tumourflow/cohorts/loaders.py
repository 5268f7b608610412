"""How the files of a case are read, by functions that other processes can be handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from tumourflow.cohorts.case import Case, Note
from tumourflow.cohorts.masks import select_lesion
from tumourflow.cohorts.sharing import read_shared
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

_LUMA = np.array([0.299, 0.587, 0.114])
_HUE = 24
"""Largest difference of a grey pixel's channels: compression makes some."""
_COLOURED = 0.0005
"""Share of an image's pixels that have a colour, from which on it is noted."""


def is_adapting(options: IngestionOptions) -> bool:
    """Tell whether there is anything to do for `adapt_case`."""
    return options.grey or options.lesion_values is not None


def adapt_case(case: Case, options: IngestionOptions) -> Case:
    """Put between a case's files and everyone who reads them what holds for every layout alike.

    Args:
        case: A case as its reader made it.
        options: `grey` makes grey values of colours, and notes where there were any; `lesion_values` chooses a mask's values.

    Returns:
        The same case with other loaders, or itself where there is nothing to do.
    """
    if options.grey:
        notes = partial(_note_colours, case.load_image, case.load_notes)
        case = replace(case, load_image=partial(_load_grey, case.load_image), load_notes=notes)
    if options.lesion_values is not None and case.load_mask:
        chosen = partial(_load_lesion, case.load_mask, options.lesion_values)
        case = replace(case, load_labels=case.load_mask, load_mask=chosen)
    return case


def to_grey(pixels: Pixels) -> Pixels:
    """Make grey values of colours: .299 red, .587 green, .114 blue (ITU-R BT.601).

    Args:
        pixels: `(height, width)` or `(height, width, channels)`, any numeric dtype.

    Returns:
        `(height, width)` of the same dtype. Grey pictures that were stored as colours come back unchanged, a fourth channel is dropped.

    Example:
        >>> to_grey(np.array([[[255, 0, 0], [7, 7, 7]]], np.uint8)).tolist()
        [[76, 7]]
    """
    if pixels.ndim != 3:
        return pixels
    if pixels.shape[2] < 3:
        return pixels[..., 0]
    luma = pixels[..., :3] @ _LUMA
    exact: Pixels = luma if np.issubdtype(pixels.dtype, np.floating) else np.rint(luma)
    return exact.astype(pixels.dtype)


def _load_grey(load: Callable[[], Pixels]) -> Pixels:
    return to_grey(read_shared(load))


def _note_colours(load: Callable[[], Pixels], load_notes: Callable[[], tuple[Note, ...]] | None) -> tuple[Note, ...]:
    # Nobody sees the colours later.
    pixels = read_shared(load)
    share = float(np.mean(np.ptp(pixels[..., :3], axis=2) > _HUE)) if pixels.ndim == 3 and pixels.dtype == np.uint8 else 0.0
    notes = load_notes() if load_notes else ()
    return (*notes, Note("colour_overlay", f"{share:.2%} of the pixels have a colour")) if share > _COLOURED else notes


def _load_lesion(load: Callable[[], Pixels], lesion_values: tuple[int, ...]) -> Pixels:
    return select_lesion(read_shared(load), lesion_values)
