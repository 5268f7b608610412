"""What kind of image a volume is of: by what it shows, and by its channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from tumourflow.cohorts.loaders import to_grey
from tumourflow.imaging.window import apply_window, find_window
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

CHANNELS = {"brain-flair3": 3, "brain-t1ce": 1, "breast-us": 1}
"""Channels that an image of each kind has."""
VOLUMES = ("brain-flair3",)
"""Kinds whose slices come as volumes, where no model says how they are measured."""

_COLOURED = 0.02
"""Share of the pixels with a colour from which on an image is of several sequences: coloured annotations are smaller."""
_HUE = 24
"""Largest difference of a grey pixel's channels: compression makes some."""
_LEAD = 1
"""FLAIR, where three sequences are one image."""

Colours = Literal["grey", "grey stored as colours", "colours"]


_BRAINS: dict[Colours, list[str]] = {
    "grey": ["brain-t1ce"],
    "colours": ["brain-flair3"],
    "grey stored as colours": ["brain-flair3", "brain-t1ce"],
}
"""Kinds that images of a brain may be of, what they are stored as first."""


class KindFound(NamedTuple):
    """What an image is taken for.

    Attributes:
        kind: One of `CHANNELS`, empty where none has as many channels.
        reason: A sentence where somebody might have to say otherwise, or why there is no kind.
    """

    kind: str
    reason: str = ""


def as_stored(pixels: Pixels, window: IngestionOptions) -> Pixels:
    """Bring an image to what networks are given: 8 or 16 bits, as ingestion stores them.

    Args:
        pixels: As it was decoded: `(height, width)` or `(height, width, channels)`, any numeric dtype.
        window: How other values are shown.

    Returns:
        uint8 or uint16; floating-point numbers come through a window.

    Raises:
        ValueError: Where values are no numbers, or there is no pixel.
    """
    if not pixels.size:
        msg = "the image has no pixel"
        raise ValueError(msg)
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels
    if not np.isfinite(pixels).all():
        msg = "the image has values that are no numbers"
        raise ValueError(msg)
    return apply_window(pixels, find_window(pixels, window), window.bits)


def count_channels(image: Pixels) -> int:
    """Count the channels of an image."""
    return 1 if image.ndim == 2 else int(image.shape[2])


def see_colours(volume: Sequence[Pixels]) -> Colours | None:
    """Tell whether images have one channel, three that are all the same, or three.

    Args:
        volume: uint8 or uint16, all with as many channels.

    Returns:
        What most of them are that are not black; None where they have another number of channels.

    Example:
        >>> see_colours([np.zeros((2, 2), np.uint8)]), see_colours([np.zeros((2, 2, 3), np.uint8)])
        ('grey', 'grey stored as colours')
    """
    channels = count_channels(volume[0])
    if channels != 3:
        return "grey" if channels == 1 else None
    coloured = [_is_coloured(image) for image in volume if image.any()]
    return "colours" if 2 * sum(coloured) > len(coloured) else "grey stored as colours"


def find_kind(modality: str, colours: Colours | None, registered: Sequence[str]) -> KindFound:
    """Tell the kind of images.

    Args:
        modality: What they show, or their kind, where somebody says so.
        colours: What `see_colours` gave.
        registered: Kinds that models are registered for.

    Returns:
        The kind. Grey values stored as colours may be one sequence or three equal ones: a model decides that takes the one or the other,
        and where there are both it is the one that takes them as they are stored.

    Example:
        >>> find_kind("brain", "colours", []).kind, find_kind("brain", "grey", []).kind, find_kind("breast", "colours", []).kind
        ('brain-flair3', 'brain-t1ce', 'breast-us')
    """
    if colours is None:
        return KindFound("", "Images have 1 channel or 3, and this one has another number.")
    kinds = {"breast": ["breast-us"], "brain": _BRAINS[colours]}.get(modality, [modality])
    if colours == "grey" and CHANNELS[kinds[0]] == 3:
        return KindFound("", f"`modality` is {modality}, which has 3 channels, and this image has 1.")
    there = [kind for kind in kinds if kind in registered] or kinds
    other = f"Grey values stored as three channels are taken for three equal sequences; modality={kinds[-1]} says otherwise."
    return KindFound(there[0], other if len(there) > 1 else "")


def guess_modality(colours: Colours | None, registered: Sequence[str]) -> tuple[str, str]:
    """Tell what images show by their channels alone, where there is no router.

    Args:
        colours: What `see_colours` gave.
        registered: Kinds that models are registered for.

    Returns:
        The modality and a sentence; no modality where several kinds fit, or none.

    Example:
        >>> guess_modality("colours", ["brain-flair3"])[0], guess_modality("grey", ["brain-t1ce", "breast-us"])[0]
        ('brain', '')
    """
    wanted = {"grey": {1}, "colours": {3}, "grey stored as colours": {1, 3}}[colours] if colours else set()
    fitting = sorted({kind for kind in registered if CHANNELS[kind] in wanted})
    if len(fitting) == 1:
        modality = fitting[0].partition("-")[0]
        return modality, f"No router is registered: taken for {modality}, as only {fitting[0]} fits the channels."
    if not fitting:
        return "", f"No router is registered, and no model takes images of these channels ({colours or 'neither 1 nor 3'})."
    return "", f"No router is registered, and {' and '.join(fitting)} fit the channels: name one with --params=modality=..."


def fit_channels(image: Pixels, kind: str) -> Pixels:
    """Give an image the channels of its kind.

    Args:
        image: `(height, width)` or `(height, width, 3)`, uint8 or uint16.
        kind: One of `CHANNELS`.

    Returns:
        `(height, width, 3)`, or `(height, width)`.
    """
    return image if CHANNELS[kind] == 3 else to_grey(image)


def router_view(image: Pixels, colours: Colours | None) -> Pixels:
    """Give the router what it was taught with: one channel.

    Args:
        image: uint8 or uint16, any number of channels.
        colours: What `see_colours` gave of its volume.

    Returns:
        `(height, width)`: of three sequences FLAIR, else grey values.
    """
    return np.ascontiguousarray(image[..., _LEAD]) if colours == "colours" else to_grey(image)


def _is_coloured(image: Pixels) -> bool:
    # Sixteen bits often hold twelve, or fewer.
    hue = _HUE if image.dtype == np.uint8 else _HUE / 255 * int(image.max())
    return float(np.mean(image.max(axis=2) - image.min(axis=2) > hue)) > _COLOURED
