"""The shape of a head: how patients differ, and where skin, brain and ventricles end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tumourflow.cohorts.phantoms.fields import Field, Plane, draw_field, ellipse
from tumourflow.types import Float32


@dataclass(frozen=True)
class Head:
    """What makes one patient's head differ from another's.

    Attributes:
        width: Half the head's width, as a share of half the image.
        length: Half the head's length, from front to back.
        tilt: Rotation in the image, radians.
        ventricles: Size of the ventricles relative to the mean.
        atrophy: Width of the furrows relative to the mean.
        rim: Width and brightness of the bright rim around the ventricles.
        insula: Brightness and distance from the middle of two symmetric bright patches.
        spots: `(n, 5)`: x, y, z, radius and brightness of bright spots in the white matter.
        warp: Two fields that bend the anatomy.
        folds: Field whose zeros are the furrows of the cortex.
        flesh: Field that fills the face.
    """

    width: float
    length: float
    tilt: float
    ventricles: float
    atrophy: float
    rim: tuple[float, float]
    insula: tuple[float, float]
    spots: Float32
    warp: tuple[Field, Field]
    folds: Field
    flesh: Field


def draw_head(rng: np.random.Generator) -> Head:
    """Draw one patient's head.

    Args:
        rng: Source of randomness.

    Returns:
        The head.
    """
    spots = rng.integers(0, 16)
    return Head(
        width=rng.uniform(0.58, 0.68),
        length=rng.uniform(0.74, 0.84),
        tilt=rng.normal(0, 0.06),
        ventricles=rng.uniform(0.7, 1.5),
        atrophy=rng.uniform(0.6, 1.4),
        rim=(rng.uniform(0.02, 0.07), rng.uniform(0.1, 0.45)),
        insula=(rng.uniform(0, 0.3), rng.uniform(0.28, 0.36)),
        spots=rng.uniform((-0.4, -0.5, -0.2, 0.015, 0.15), (0.4, 0.5, 0.8, 0.045, 0.5), (spots, 5)).astype(np.float32),
        warp=(draw_field(rng, 4, 5), draw_field(rng, 4, 5)),
        folds=draw_field(rng, 11, 26),
        flesh=draw_field(rng, 9, 14),
    )


def bend(head: Head, plane: Plane) -> Plane:
    """Turn a slice's grid into the head's own coordinates: tilted and bent as no two heads are alike."""
    dx, dy = (0.012 * field.at(plane.z, plane.size) for field in head.warp)
    cosine, sine = np.cos(head.tilt), np.sin(head.tilt)
    x = cosine * plane.x + sine * plane.y + dx
    y = cosine * plane.y - sine * plane.x + dy
    return Plane(x.astype(np.float32), y.astype(np.float32), plane.z, plane.shown)


def head_outline(head: Head, plane: Plane) -> Float32:
    """Signed distance to the skin, positive inside; nothing is inside above the crown."""
    share = share_at(plane.z)
    if not share:
        return np.full(plane.x.shape, -1, np.float32)
    return ellipse(plane, 0, 0.03 * share, head.width * share, head.length * share)


def share_at(z: float) -> float:
    """Size of the head at a height: widest in its middle, a little narrower at its base, closed at the crown."""
    return float(max(0.0, 1 - z**2.6) ** 0.45 if z > 0 else 1 - 0.1 * z**2)


def brain_depth(head: Head, plane: Plane, outline: Float32, low: float) -> Float32:
    """Signed distance to the brain's surface, positive inside.

    Args:
        head: The patient.
        plane: Coordinates of the slice, already bent.
        outline: Distance to the skin.
        low: From 0 at the height of the brow to 1 at the base of the skull, where only the cerebellum is left, behind the face.

    Returns:
        `(size, size)` float32.
    """
    inside = outline - (0.1 + 0.06 * max(plane.z, 0) ** 2)
    if not low:
        return inside
    hollow = ellipse(plane, 0, 0.03 + 0.36 * low, head.width * (0.95 - 0.4 * low), head.length * (0.95 - 0.55 * low))
    return np.asarray(np.minimum(inside, hollow), np.float32)


def ventricles(head: Head, plane: Plane, low: float) -> Float32:
    """Signed distance to the surface of the ventricles, positive inside.

    Args:
        head: The patient.
        plane: Coordinates of the slice, already bent.
        low: As for `brain_depth`.

    Returns:
        `(size, size)` float32.
    """
    size = head.ventricles * max(0.0, 1 - ((plane.z - 0.12) / 0.38) ** 2) ** 0.5
    middle = np.full(plane.x.shape, -1, np.float32)
    if -0.35 < plane.z < 0.1:
        middle = np.maximum(middle, ellipse(plane, 0, 0.08, 0.018 * head.ventricles, 0.13))
    if low > 0.25:
        middle = np.maximum(middle, ellipse(plane, 0, 0.38, 0.06, 0.045))
    middle = np.where(middle > 0, middle, 6 * middle)  # so that only the lateral ventricles get a bright rim
    if size <= 0.05:
        return middle
    along = (plane.y + 0.02) / (0.2 + 0.14 * size)
    bow = 0.03 + 0.05 * size + 0.6 * (plane.y + 0.02) ** 2 + 0.12 * np.clip(plane.y - 0.12, 0, None)
    thickness = 0.055 * size * (np.sqrt(np.clip(1 - along**2, 0, 1)) - 0.3 * np.clip(1 - along**2, 0, 1))
    horns = thickness - np.hypot(np.abs(plane.x) - bow, 0.3 * np.clip(np.abs(along) - 1, 0, None))
    return np.asarray(np.maximum(horns, middle), np.float32)
