"""A head without a tumour: scalp, skull, folded cortex, white matter, ventricles, and what on FLAIR is as bright as a tumour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tumourflow.cohorts.phantoms.fields import Plane, ellipse, soft
from tumourflow.cohorts.phantoms.head import Head, brain_depth, head_outline, share_at, ventricles
from tumourflow.types import Float32

# Signal on T1, FLAIR and contrast-enhanced T1, as a share of the brightest tissue.
AIR = 0.02
FAT = (0.92, 0.70, 0.95)
MUSCLE = (0.38, 0.30, 0.45)
BONE = (0.10, 0.08, 0.10)
FLUID = (0.16, 0.09, 0.17)
GREY = (0.46, 0.47, 0.49)
WHITE = (0.62, 0.38, 0.64)
VESSEL = (0.30, 0.12, 0.98)


@dataclass(frozen=True)
class Anatomy:
    """One slice of a head, before any scanner has seen it.

    Attributes:
        signal: `(3, size, size)` float32, about 0 to 1: T1, FLAIR, contrast-enhanced T1.
        depth: `(size, size)` float32, distance from the brain's surface, positive inside.
        fluid: `(size, size)` float32, distance into the ventricles, positive inside.
    """

    signal: Float32
    depth: Float32
    fluid: Float32


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
    depth = brain_depth(head, plane, outline, low)
    fluid = ventricles(head, plane, low)
    signal = np.full((3, *plane.x.shape), AIR, np.float32)
    _paint_shell(signal, head, plane, outline, low)
    _paint_brain(signal, head, plane, depth, low)
    _paint_inner(signal, head, plane, depth, fluid)
    return Anatomy(signal, depth, fluid)


def paint(signal: Float32, membership: Float32, tissue: Sequence[float | Float32]) -> None:
    """Lay a tissue over a slice in place, as far as `membership` (0 to 1) says."""
    for channel, value in enumerate(tissue):
        signal[channel] += membership * (value - signal[channel])


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
        paint(signal, face * soft(-flesh - 0.6, 0.3), (AIR, AIR, AIR))
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
    white = np.minimum(depth - 0.045, np.maximum(0.11 * (folds - 0.5), depth - 0.2))
    paint(signal, soft(white, edge * 1.5), WHITE)
    furrow = 0.1 * (0.24 * head.atrophy * np.clip(1 - depth / (0.17 * head.atrophy), 0, 1) - folds)
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
        signal[1] += head.insula[0] * patch
    width, brightness = head.rim
    signal[1] += brightness * soft(fluid + width, 0.04) * inside
    for x, y, z, radius, bright in head.spots:
        if abs(z - plane.z) < 2.5 * radius:
            signal[1] += bright * soft(ellipse(plane, x, y, radius, radius), 2 * edge) * inside
    paint(signal, soft(fluid, edge) * soft(depth, edge), FLUID)
    if 0 < plane.z < 0.95:  # the great vessel between the halves runs along the back of the skull
        sinus = ellipse(plane, 0, 0.03 + head.length * share_at(plane.z) - 0.09, 0.025, 0.03)
        paint(signal, soft(sinus, edge), VESSEL)
