"""How a case's mask files become one mask."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tumourflow.cohorts.case import Note
from tumourflow.imaging.mask import MaskError, binarise
from tumourflow.imaging.picture_header import find_orientation
from tumourflow.imaging.read import open_file, read_labels, read_pixels
from tumourflow.options import IngestionOptions
from tumourflow.types import Mask, Pixels

_WITH_ALPHA = ("RGBA", "LA", "PA")


class MaskSizesError(ValueError):
    """The masks of one image differ in size."""


def select_lesion(pixels: Pixels, lesion_values: tuple[int, ...]) -> Mask:
    """Choose the values of a mask that are lesion; all others are background.

    Args:
        pixels: `(height, width)`, or `(height, width, channels)` where all channels are equal. Booleans have been chosen before and stay.
        lesion_values: Values that are lesion, whether or not they occur.

    Returns:
        `(height, width)` booleans.

    Raises:
        MaskError: When the mask is of colours, which have no value.

    Example:
        >>> select_lesion(np.array([[0, 1, 2, 3]]), (1, 3)).tolist()
        [[False, True, False, True]]
    """
    plane = _take_plane(pixels)
    return plane.copy() if plane.dtype == np.bool_ else np.isin(plane, lesion_values)


def _take_plane(pixels: Pixels) -> Pixels:
    plane: Pixels = pixels[..., 0] if pixels.ndim == 3 else pixels
    if pixels.ndim == 3 and not (pixels == plane[..., None]).all():
        msg = "A mask whose values are chosen by `ingestion.lesion_values` has no colours."
        raise MaskError(msg)
    return plane


def mask_loader(root: Path, masks: tuple[Path, ...], options: IngestionOptions) -> Callable[[], Pixels] | None:
    """Make the loader of a case's mask files.

    Args:
        root: Folder of the cohort.
        masks: Relative to it.
        options: `lesion_values` is used: where it is given, masks are read as labels, among which `adapt_case` chooses.

    Returns:
        None without masks; for one file it reads that file as it was stored, for several `unite_masks`.
    """
    if not masks:
        return None
    if len(masks) == 1:
        return partial(read_pixels if options.lesion_values is None else read_labels, root / masks[0])
    return partial(unite_masks, tuple(root / mask for mask in masks), options.lesion_values)


def unite_masks(files: tuple[Path, ...], lesion_values: tuple[int, ...] | None = None) -> Pixels:
    """Read several masks of one image, each in an encoding of its own, and unite them.

    Args:
        files: Mask files.
        lesion_values: As `select_lesion` takes them; without, each mask has two values.

    Returns:
        `(height, width)` booleans, true where any of the masks is; with `lesion_values` labels, of several on one pixel a lesion's.

    Raises:
        OSError: When one is missing, truncated or no image.
        MaskError: When one is no mask.
        MaskSizesError: When one has another size than the first.
        ValueError: When one is damaged otherwise.
    """
    if lesion_values is None:
        return reduce(np.logical_or, require_one_size([binarise(read_pixels(file)) for file in files]))
    return reduce(partial(lay_over, lesion_values), require_one_size([_take_plane(read_labels(file)) for file in files]))


def require_one_size(masks: list[Pixels]) -> list[Pixels]:
    """Give the masks of one image, if they are of one size.

    Args:
        masks: Each `(height, width)`.

    Raises:
        MaskSizesError: When they differ.
    """
    sizes = list(dict.fromkeys(f"{mask.shape[0]} x {mask.shape[1]}" for mask in masks))
    if len(sizes) > 1:
        msg = f"The masks of one image differ in size: {' and '.join(sizes)}."
        raise MaskSizesError(msg)
    return masks


def lay_over(lesion_values: tuple[int, ...], below: Pixels, above: Pixels) -> Pixels:
    """Lay labels over others of the same shape: what is lesion in either is so, else the larger label stays.

    Example:
        >>> lay_over((1,), np.array([0, 1, 2]), np.array([3, 2, 1])).tolist()
        [3, 1, 1]
    """
    rest = np.where(np.isin(above, lesion_values), above, np.maximum(below, above))
    return np.where(np.isin(below, lesion_values), below, rest)


def note_files(image: Path, masks: tuple[Path, ...]) -> tuple[Note, ...]:
    """Tell what is remarkable about the files of a case: `turned` where its picture is, and what `note_masks` tells.

    Args:
        image: File of the picture.
        masks: Mask files.
    """
    return (*_find_turned(image), *note_masks(masks))


def _find_turned(file: Path) -> tuple[Note, ...]:
    try:
        with open_file(file) as stream, Image.open(stream) as image:
            orientation = find_orientation(image)
    except Exception:
        return ()
    return (Note("turned", f"orientation {orientation} of EXIF"),) if orientation > 1 else ()


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


def _find_alpha_trap(file: Path) -> Note | None:
    try:
        with file.open("rb") as stream, Image.open(stream) as image:
            if image.mode not in _WITH_ALPHA:
                return None
            turned = ImageOps.exif_transpose(image)
            naive = np.asarray(turned.convert("RGBA" if image.mode == "PA" else image.mode)).any(axis=2)
        true = binarise(read_pixels(file))
    except Exception:
        return None
    if (naive == true).all():
        return None
    return Note("alpha_trap", f"{file.name}: with its alpha channel {naive.sum()} pixels instead of {true.sum()}")
