"""What else an image could have looked like: all chance is drawn first, then applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.imaging.holes import Hole, cut_holes, draw_holes
from tumourflow.imaging.layout import InputLayout
from tumourflow.imaging.noise import add_noise, blur
from tumourflow.imaging.tone import Tone, apply_tone, draw_tone
from tumourflow.imaging.warp import WarpParameters, compose_sampling, draw_warp, warp
from tumourflow.options import AugmentationOptions
from tumourflow.types import Float32

ALL_MISSING_SHARE = 0.6
"""Share of the images with a missing sequence in which all sequences are replaced: lgg has six such patients of ten."""


@dataclass(frozen=True, eq=False)
class AugmentationParameters:
    """Everything that happens to one image.

    Attributes:
        warp: Change of geometry, of image and mask.
        tones: Change of grey values of each of the slice's own channels, none of derived ones; neighbouring slices share that of
            the lead channel.
        holes: Cut out of the image.
        blur: Standard deviation of the blur in pixels.
        noise: Standard deviation of the noise.
        noise_places: Which noise each input channel gets.
        missing: Sequences that are replaced by the lead channel.
    """

    warp: WarpParameters
    tones: tuple[Tone, ...]
    holes: tuple[Hole, ...]
    blur: float
    noise: float
    noise_places: tuple[float, ...]
    missing: tuple[int, ...]


def draw_augmentation(options: AugmentationOptions, layout: InputLayout, rng: np.random.Generator) -> AugmentationParameters:
    """Draw everything that happens to one image.

    Args:
        options: Ranges to draw from.
        layout: Order of the image's channels.
        rng: Source of randomness.

    Returns:
        The parameters.
    """
    return AugmentationParameters(
        warp=draw_warp(options, rng),
        tones=tuple(draw_tone(options, rng) for _ in range(layout.sequences)) + (Tone(),) * layout.derived,
        holes=draw_holes(options, rng),
        blur=rng.uniform(0, options.blur),
        noise=rng.uniform(0, options.noise),
        noise_places=tuple(rng.random(layout.depth).tolist()),
        missing=_draw_missing(options.missing_sequence, layout, rng),
    )


def apply_augmentation(
    image: Float32, mask: npt.NDArray[np.uint8], parameters: AugmentationParameters, layout: InputLayout
) -> tuple[Float32, npt.NDArray[np.uint8]]:
    """Change an image and its mask as the parameters say.

    Args:
        image: Shape `(height, width, layout.depth)`.
        mask: Shape `(height, width)`, values 0 and 1.
        parameters: What `draw_augmentation` gave.
        layout: Order of the image's channels.

    Returns:
        New image and mask of the same shapes; the mask's values are still 0 and 1.
    """
    sampling = compose_sampling(parameters.warp, *mask.shape)
    planes = list(cv2.split(image))
    ranges = _sequence_ranges(planes, layout)
    for channel, plane in enumerate(planes):
        sequence = _sequence_of(channel, layout)
        low, high = ranges[sequence]
        changed = cut_holes(warp(plane, sampling, low), parameters.holes, low)
        changed = apply_tone(blur(changed, parameters.blur), parameters.tones[sequence], low, high)
        planes[channel] = add_noise(changed, parameters.noise, parameters.noise_places[channel])
    # Last of all, because where a cohort lacks a sequence the copy is exact, noise and all.
    for channel in parameters.missing:
        planes[channel] = planes[layout.lead_channel]
    merged = np.asarray(cv2.merge(planes), np.float32).reshape(image.shape)
    return merged, warp(mask, sampling, 0, nearest=True).copy()


def augment(
    image: Float32, mask: npt.NDArray[np.uint8], options: AugmentationOptions, layout: InputLayout, rng: np.random.Generator
) -> tuple[Float32, npt.NDArray[np.uint8]]:
    """Draw a change and apply it; with all ranges 0 the result equals the input.

    Args:
        image: Shape `(height, width, layout.depth)`.
        mask: Shape `(height, width)`, values 0 and 1.
        options: Ranges to draw from.
        layout: Order of the image's channels.
        rng: Source of randomness.

    Returns:
        New image and mask of the same shapes; the mask's values are still 0 and 1.
    """
    return apply_augmentation(image, mask, draw_augmentation(options, layout, rng), layout)


def record_policy(options: AugmentationOptions, layout: InputLayout) -> dict[str, Any]:
    """Put the ranges and the layout into one record for JSON; `read_policy` is the inverse."""
    return options.model_dump() | asdict(layout)


def read_policy(policy: Mapping[str, Any]) -> tuple[AugmentationOptions, InputLayout]:
    """Take the record of `record_policy` apart.

    Args:
        policy: The record.

    Returns:
        Ranges and layout.

    Example:
        >>> read_policy(record_policy(AugmentationOptions(blur=2), InputLayout(3, 1, 0)))[1]
        InputLayout(channels=3, lead_channel=1, context=0, derived=0)
    """
    names = {field.name for field in fields(InputLayout)}
    layout = InputLayout(**{name: value for name, value in policy.items() if name in names})
    options = {name: value for name, value in policy.items() if name not in names}
    return AugmentationOptions.model_validate(options), layout


def _draw_missing(share: float, layout: InputLayout, rng: np.random.Generator) -> tuple[int, ...]:
    happens, all_of_them, which = rng.random(3).tolist()
    others = [channel for channel in range(layout.sequences) if channel != layout.lead_channel]
    if happens >= share or not others:
        return ()
    return tuple(others) if all_of_them < ALL_MISSING_SHARE else (others[int(which * len(others))],)


def _sequence_of(channel: int, layout: InputLayout) -> int:
    return channel if channel < layout.channels else layout.lead_channel


def _sequence_ranges(planes: list[Any], layout: InputLayout) -> list[tuple[float, float]]:
    extremes = [cv2.minMaxLoc(plane)[:2] for plane in planes]
    members: list[list[tuple[float, float]]] = [[] for _ in range(layout.channels)]
    for channel, extreme in enumerate(extremes):
        members[_sequence_of(channel, layout)].append(extreme)
    return [(min(low for low, _ in group), max(high for _, high in group)) for group in members]
