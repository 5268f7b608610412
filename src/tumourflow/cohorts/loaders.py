"""How the files of a case are read, by functions that other processes can be handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from tumourflow.cohorts.case import Case, Note
from tumourflow.imaging.read import binarise, read_pixels
from tumourflow.options import IngestionOptions
from tumourflow.types import Mask, Pixels

_LUMA = np.array([0.299, 0.587, 0.114])
_HUE = 24
"""Largest difference of a grey pixel's channels: compression makes some."""
_COLOURED = 0.0005
"""Share of an image's pixels that have a colour, from which on it is noted."""
_WITH_ALPHA = ("RGBA", "LA", "PA")


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
        case = replace(case, load_mask=partial(_load_lesion, case.load_mask, options.lesion_values))
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


def select_lesion(pixels: Pixels, lesion_values: tuple[int, ...]) -> Mask:
    """Choose the values of a mask that are lesion; all others are background.

    Args:
        pixels: `(height, width)`, or `(height, width, channels)` where all channels are equal. Booleans have been chosen before and stay.
        lesion_values: Values that are lesion, whether or not they occur.

    Returns:
        `(height, width)` booleans.

    Raises:
        ValueError: When the mask is of colours, which have no value.

    Example:
        >>> select_lesion(np.array([[0, 1, 2, 3]]), (1, 3)).tolist()
        [[False, True, False, True]]
    """
    plane: Pixels = pixels[..., 0] if pixels.ndim == 3 else pixels
    if pixels.ndim == 3 and not (pixels == plane[..., None]).all():
        msg = "A mask whose values are chosen by `ingestion.lesion_values` has no colours."
        raise ValueError(msg)
    return plane.copy() if plane.dtype == np.bool_ else np.isin(plane, lesion_values)


def mask_loader(root: Path, masks: tuple[Path, ...], options: IngestionOptions) -> Callable[[], Pixels] | None:
    """Make the loader of a case's mask files.

    Args:
        root: Folder of the cohort.
        masks: Relative to it.
        options: `lesion_values` is used where masks are united.

    Returns:
        None without masks; for one file it reads that file as it was stored, for several `unite_masks`.
    """
    if not masks:
        return None
    if len(masks) == 1:
        return partial(read_pixels, root / masks[0])
    return partial(unite_masks, tuple(root / mask for mask in masks), options.lesion_values)


def unite_masks(files: tuple[Path, ...], lesion_values: tuple[int, ...] | None = None) -> Mask:
    """Read several masks of one image, each in an encoding of its own, and unite them.

    Args:
        files: Mask files.
        lesion_values: As `select_lesion` takes them; without, each mask has two values.

    Returns:
        `(height, width)` booleans, true where any of the masks is.

    Raises:
        OSError: When one is missing, truncated or no image.
        ValueError: When one is damaged otherwise, is no mask, or has another size than the first.
    """
    stored = [read_pixels(file) for file in files]
    masks = [binarise(each) if lesion_values is None else select_lesion(each, lesion_values) for each in stored]
    sizes = list(dict.fromkeys(f"{mask.shape[0]} x {mask.shape[1]}" for mask in masks))
    if len(sizes) > 1:
        msg = f"The masks of one image differ in size: {' and '.join(sizes)}."
        raise ValueError(msg)
    united: Mask = np.logical_or.reduce(masks)
    return united


def note_masks(files: tuple[Path, ...]) -> tuple[Note, ...]:
    """Tell what is remarkable about the mask files of a case.

    Args:
        files: Mask files.

    Returns:
        `several_masks` where they are united, and `alpha_trap` for each mask that whoever takes any channel above zero for tumour reads
        otherwise, because of its transparency.
    """
    notes = [Note("several_masks", " + ".join(file.name for file in files))] if len(files) > 1 else []
    return (*notes, *(note for file in files if (note := _find_alpha_trap(file))))


def _load_grey(load: Callable[[], Pixels]) -> Pixels:
    return to_grey(load())


def _note_colours(load: Callable[[], Pixels], load_notes: Callable[[], tuple[Note, ...]] | None) -> tuple[Note, ...]:
    # Nobody sees the colours later.
    pixels = load()
    share = float(np.mean(np.ptp(pixels[..., :3], axis=2) > _HUE)) if pixels.ndim == 3 and pixels.dtype == np.uint8 else 0.0
    notes = load_notes() if load_notes else ()
    return (*notes, Note("colour_overlay", f"{share:.2%} of the pixels have a colour")) if share > _COLOURED else notes


def _load_lesion(load: Callable[[], Pixels], lesion_values: tuple[int, ...]) -> Pixels:
    return select_lesion(load(), lesion_values)


def _find_alpha_trap(file: Path) -> Note | None:
    try:
        with file.open("rb") as stream, Image.open(stream) as image:
            if image.mode not in _WITH_ALPHA:
                return None
            naive = np.asarray(image.convert("RGBA" if image.mode == "PA" else image.mode)).any(axis=2)
        true = binarise(read_pixels(file))
    except Exception:
        return None
    if (naive == true).all():
        return None
    return Note("alpha_trap", f"{file.name}: with its alpha channel {naive.sum()} pixels instead of {true.sum()}")
