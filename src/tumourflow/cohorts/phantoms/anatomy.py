"""A head without a tumour: scalp, skull, folded cortex, white matter, ventricles, and what on FLAIR is as bright as a tumour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tumourflow.cohorts.phantoms.fields import Field, Plane, draw_field, ellipse, soft
from tumourflow.types import Float32

# Signal on T1, FLAIR and contrast-enhanced T1, as a share of the brightest tissue.
AIR = (0.02, 0.02, 0.02)
FAT = (0.92, 0.70, 0.95)
MUSCLE = (0.38, 0.30, 0.45)
BONE = (0.10, 0.08, 0.10)
FLUID = (0.16, 0.09, 0.17)
GREY = (0.46, 0.47, 0.49)
WHITE = (0.62, 0.38, 0.64)
VESSEL = (0.30, 0.12, 0.98)


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


@dataclass(frozen=True)
class Anatomy:
    """One slice of a head, before any scanner has seen it.

    Attributes:
        signal: `(size, size, 3)` float32, about 0 to 1: T1, FLAIR, contrast-enhanced T1.
        depth: `(size, size)` float32, distance from the brain's surface, positive inside.
        fluid: `(size, size)` float32, distance into the ventricles, positive inside.
    """

    signal: Float32
    depth: Float32
    fluid: Float32


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
        insula=(rng.uniform(0, 0.35), rng.uniform(0.28, 0.36)),
        spots=rng.uniform((-0.4, -0.5, -0.2, 0.015, 0.15), (0.4, 0.5, 0.8, 0.045, 0.5), (spots, 5)).astype(np.float32),
        warp=(draw_field(rng, 4, 5), draw_field(rng, 4, 5)),
        folds=draw_field(rng, 9, 22),
        flesh=draw_field(rng, 9, 14),
    )


def bend(head: Head, plane: Plane) -> Plane:
    """Turn a slice's grid into the head's own coordinates: tilted and bent as no two heads are alike."""
    dx, dy = (0.025 * field.at(plane.z, plane.size) for field in head.warp)
    cosine, sine = np.cos(head.tilt), np.sin(head.tilt)
    x = cosine * plane.x + sine * plane.y + dx
    y = cosine * plane.y - sine * plane.x + dy
    return Plane(x.astype(np.float32), y.astype(np.float32), plane.z, plane.shown)


def draw_anatomy(head: Head, plane: Plane) -> Anatomy:
    """Paint one slice of a head, from the outside in.

    Args:
        head: The patient.
        plane: Coordinates of the slice, already bent.

    Returns:
        Signals and distances.
    """
    low = float(np.clip((-0.15 - plane.z) / 0.85, 0, 1))
    outline = head_outline(head, plane)
    depth = _brain_depth(head, plane, outline, low)
    fluid = _ventricles(head, plane, low)
    signal = np.broadcast_to(np.float32(AIR), (*plane.x.shape, 3)).copy()
    _paint_shell(signal, head, plane, outline, low)
    _paint_brain(signal, head, plane, depth, low)
    _paint_inner(signal, head, plane, depth, fluid)
    return Anatomy(signal, depth, fluid)


def paint(signal: Float32, membership: Float32, tissue: tuple[float, ...]) -> None:
    """Lay a tissue over a slice in place, as far as `membership` (0 to 1) says."""
    signal += membership[..., None] * (np.float32(tissue) - signal)


def head_outline(head: Head, plane: Plane) -> Float32:
    """Signed distance to the skin, positive inside; nothing is inside above the crown."""
    share = (1 - abs(plane.z) ** 2.6) ** 0.45 if 0 < plane.z < 1 else 1 - 0.1 * plane.z**2 * (plane.z < 0)
    if plane.z >= 1:
        return np.full(plane.x.shape, -1, np.float32)
    return ellipse(plane, 0, 0.03 * share, head.width * share, head.length * share)


def _brain_depth(head: Head, plane: Plane, outline: Float32, low: float) -> Float32:
    inside = outline - (0.1 + 0.06 * max(plane.z, 0) ** 2)
    if not low:
        return inside
    hollow = ellipse(plane, 0, 0.03 + 0.36 * low, head.width * (0.95 - 0.4 * low), head.length * (0.95 - 0.55 * low))
    return np.minimum(inside, hollow)


def _ventricles(head: Head, plane: Plane, low: float) -> Float32:
    size = head.ventricles * max(0.0, 1 - ((plane.z - 0.12) / 0.38) ** 2) ** 0.5
    slit = ellipse(plane, 0, 0.08, 0.018 * head.ventricles, 0.13) if -0.35 < plane.z < 0.1 else np.float32(-1)
    fourth = ellipse(plane, 0, 0.38, 0.06, 0.045) if low > 0.25 else np.float32(-1)
    if size <= 0.05:
        return np.maximum(np.full(plane.x.shape, -1, np.float32), np.maximum(slit, fourth))
    bow = 0.035 + 0.10 * size + 0.55 * (plane.y + 0.02) ** 2
    thickness = size * (0.05 - 0.10 * np.abs(np.abs(plane.y + 0.02) - 0.16) ** 1.2)
    horns = np.minimum(thickness - np.abs(np.abs(plane.x) - bow), 0.06 * size + 0.24 - np.abs(plane.y + 0.02))
    return np.asarray(np.maximum(horns, np.maximum(slit, fourth)), np.float32)


def _paint_shell(signal: Float32, head: Head, plane: Plane, outline: Float32, low: float) -> None:
    edge = plane.shown
    paint(signal, soft(outline, edge), FAT)
    paint(signal, soft(outline - 0.045, edge), BONE)
    paint(signal, soft(0.012 - np.abs(outline - 0.068), edge), tuple(0.5 * value for value in FAT))
    if low:
        flesh = head.flesh.at(plane.z, plane.size)
        face = soft(outline - 0.03, edge) * soft(0.1 - plane.y - 0.25 * (1 - low), 0.1)
        paint(signal, face, MUSCLE)
        paint(signal, face * soft(flesh - 0.7, 0.5), FAT)
        paint(signal, face * soft(-flesh - 0.6, 0.3), AIR)
    if 0.15 < low < 0.75:
        eyes = np.maximum(ellipse(plane, -0.27, -0.52, 0.12, 0.13), ellipse(plane, 0.27, -0.52, 0.12, 0.13))
        paint(signal, soft(eyes + 0.03, edge), FAT)
        paint(signal, soft(eyes, edge), FLUID)


def _paint_brain(signal: Float32, head: Head, plane: Plane, depth: Float32, low: float) -> None:
    edge = plane.shown
    folds = np.abs(head.folds.at(plane.z, plane.size))
    if low > 0.2:  # the cerebellum's furrows are fine and parallel
        folds = folds + (0.5 * (1 + np.sin(70 * np.hypot(plane.x, plane.y - 0.1))) * low).astype(np.float32)
    paint(signal, soft(depth + 0.035, edge), BONE)
    paint(signal, soft(depth + 0.02, edge), FLUID)
    paint(signal, soft(depth, edge), GREY)
    white = np.minimum(depth - 0.045, np.maximum(0.11 * (folds - 0.42), depth - 0.2))
    paint(signal, soft(white, edge * 1.5), WHITE)
    furrow = np.minimum(0.1 * (0.13 * head.atrophy - folds), 0.17 * head.atrophy - depth)
    paint(signal, soft(furrow, edge) * soft(depth, edge), FLUID)
    gap = (0.006 + 0.012 * head.atrophy) * np.clip((np.abs(plane.y) - 0.2 + max(plane.z - 0.3, 0)) * 4, 0, 1)
    paint(signal, soft(gap - np.abs(plane.x), edge) * soft(depth, edge) * (low < 0.4), FLUID)


def _paint_inner(signal: Float32, head: Head, plane: Plane, depth: Float32, fluid: Float32) -> None:
    edge, inside = plane.shown, soft(depth - 0.03, plane.shown)
    if -0.3 < plane.z < 0.25:
        mirrored = Plane(np.abs(plane.x), plane.y, plane.z, edge)
        paint(signal, inside * soft(ellipse(mirrored, 0.13, 0.1, 0.075, 0.1), 2 * edge), GREY)
        paint(signal, inside * soft(ellipse(mirrored, 0.22, -0.04, 0.05, 0.15), 2 * edge), GREY)
        patch = soft(ellipse(mirrored, head.insula[1], 0.0, 0.08, 0.2), 0.05) * inside
        signal[..., 1] += head.insula[0] * patch
    width, brightness = head.rim
    signal[..., 1] += brightness * soft(fluid + width, 0.04) * inside
    for x, y, z, radius, bright in head.spots:
        if abs(z - plane.z) < 2.5 * radius:
            signal[..., 1] += bright * soft(ellipse(plane, x, y, radius, radius), 2 * edge) * inside
    paint(signal, soft(fluid, edge) * soft(depth, edge), FLUID)
    back = depth.shape[0] and ellipse(plane, 0, head.length * 0.98 - 0.1, 0.03, 0.03)
    if plane.z > 0:
        paint(signal, soft(np.asarray(back, np.float32), edge) * soft(depth + 0.06, edge), VESSEL)
