"""Tumours: irregular, of varied size, contrast and place, coherent over the slices; and blobs that only resemble them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tumourflow.cohorts.phantoms.anatomy import Anatomy, paint
from tumourflow.cohorts.phantoms.fields import Field, Plane, draw_field, soft
from tumourflow.types import Float32, Mask

_WAVES = np.arange(2, 7)
_UNEVEN = (0.06, 0.12, 0.06)


@dataclass(frozen=True)
class Lesion:
    """A solid body in the brain.

    Attributes:
        slices: First slice that shows it and the one after the last.
        centre: Place of its middle, x and y.
        drift: Shift of its middle from one end to the other, x and y.
        radius: Mean half diameter of its largest slice, in the units of the plane.
        stretch: Ratio of length to width.
        waves: `(3, 5)`: amplitude, phase, and change of phase over its height, of the waves of its outline.
        signal: Signal on T1, FLAIR and contrast-enhanced T1.
        core: Size of a cyst in its middle, as a share of the radius; 0 for none.
        ring: Brightness of an enhancing ring on contrast-enhanced T1; 0 for none.
        texture: Field that makes it uneven.
    """

    slices: tuple[int, int]
    centre: tuple[float, float]
    drift: tuple[float, float]
    radius: float
    stretch: float
    waves: Float32
    signal: tuple[float, float, float]
    core: float
    ring: float
    texture: Field


def draw_tumour(rng: np.random.Generator, brain_slices: tuple[int, int], length: float) -> Lesion:
    """Draw a tumour.

    Args:
        rng: Source of randomness.
        brain_slices: First slice with enough brain to hold it, and the one after the last.
        length: Mean number of slices that it takes.

    Returns:
        The tumour: brighter than its surroundings on FLAIR, darker on T1.
    """
    first, stop = brain_slices
    count = int(np.clip(round(length * rng.uniform(0.7, 1.3)), 1, stop - first))
    start = int(rng.integers(first, stop - count + 1))
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.12, 0.34)
    dark = rng.uniform(0.24, 0.36)
    return Lesion(
        slices=(start, start + count),
        centre=(distance * np.cos(angle), distance * 1.25 * np.sin(angle) + 0.03),
        drift=(rng.normal(0, 0.03), rng.normal(0, 0.03)),
        radius=float(np.clip(np.exp(rng.normal(np.log(0.215), 0.25)), 0.14, 0.36)),
        stretch=np.exp(rng.normal(0, 0.2)),
        waves=np.stack([rng.uniform(0, 0.3, 5) / (_WAVES - 0.5), rng.uniform(0, 2 * np.pi, 5), rng.normal(0, 0.5, 5)]).astype(np.float32),
        signal=(dark, rng.uniform(0.6, 0.88), dark + rng.uniform(0, 0.06)),
        core=rng.uniform(0.25, 0.55) if rng.random() < 0.3 else 0.0,
        ring=rng.uniform(0.2, 0.5) if rng.random() < 0.3 else 0.0,
        texture=draw_field(rng, 4, 16),
    )


def draw_mimic(rng: np.random.Generator, brain_slices: tuple[int, int], length: float) -> Lesion:
    """Draw a bleeding or a fatty body: on FLAIR like a tumour, but bright on T1, and in no mask."""
    body = draw_tumour(rng, brain_slices, length)
    return replace(body, signal=(rng.uniform(0.75, 0.9), body.signal[1], rng.uniform(0.75, 0.9)), core=0.0, ring=0.0)


def distance_into(lesion: Lesion, plane: Plane, index: int) -> Float32:
    """Signed distance to a lesion's surface on a slice, positive inside.

    Args:
        lesion: The lesion.
        plane: Coordinates of the slice.
        index: Number of the slice, counted from 0.

    Returns:
        `(size, size)` float32; -1 on slices that do not show it.
    """
    start, stop = lesion.slices
    if not start <= index < stop:
        return np.full(plane.x.shape, -1, np.float32)
    along = (2 * (index - start) + 1) / (stop - start) - 1
    x = (plane.x - lesion.centre[0] - along * lesion.drift[0]) * lesion.stretch**0.5
    y = (plane.y - lesion.centre[1] - along * lesion.drift[1]) / lesion.stretch**0.5
    angle = np.arctan2(y, x)
    amplitude, phase, turn = lesion.waves
    outline = 1 + sum(a * np.cos(k * angle + p + t * along) for k, a, p, t in zip(_WAVES, amplitude, phase, turn, strict=True))
    radius = lesion.radius * (1 - abs(along) ** 2.5) ** 0.5
    return np.asarray(radius * outline - np.hypot(x, y), np.float32)


def make_room(lesion: Lesion, plane: Plane, index: int) -> Plane:
    """Push the anatomy away from a lesion's middle, as a growing mass does.

    Args:
        lesion: The lesion.
        plane: Coordinates of the slice.
        index: Number of the slice.

    Returns:
        Coordinates at which the anatomy is to be drawn.
    """
    start, stop = lesion.slices
    along = (2 * (index - start) + 1) / (stop - start) - 1
    strength = 0.35 * max(0.0, 1.2 - abs(along))
    x, y = plane.x - lesion.centre[0], plane.y - lesion.centre[1]
    push = strength * np.exp(-(x**2 + y**2) / (2 * (0.9 * lesion.radius) ** 2))
    return Plane(plane.x - push * x, plane.y - push * y, plane.z, plane.shown)


def insert_lesion(anatomy: Anatomy, lesion: Lesion, plane: Plane, index: int) -> Mask:
    """Paint a lesion into a slice, in place.

    Args:
        anatomy: The slice; its signal is changed.
        lesion: The lesion.
        plane: Coordinates of the slice.
        index: Number of the slice.

    Returns:
        `(size, size)` booleans, true where the lesion is.
    """
    inside = np.minimum(np.minimum(distance_into(lesion, plane, index), anatomy.depth - 0.02), -anatomy.fluid)
    if inside.max() <= 0:
        return np.zeros(inside.shape, np.bool_)
    texture = lesion.texture.at(plane.z, plane.size)
    paint(anatomy.signal, soft(inside, plane.shown), tuple(lesion.signal[c] * (1 + uneven * texture) for c, uneven in enumerate(_UNEVEN)))
    if lesion.core:
        cyst = distance_into(replace(lesion, radius=lesion.core * lesion.radius, drift=(0.0, 0.0)), plane, index)
        paint(anatomy.signal, soft(np.minimum(cyst, inside), plane.shown), (0.18, 0.22, 0.18))
    if lesion.ring:
        shell = soft(0.02 - np.abs(inside - 0.05) + 0.01 * texture, 2 * plane.shown)
        anatomy.signal[2] += lesion.ring * shell
    return np.asarray(inside > 0)
