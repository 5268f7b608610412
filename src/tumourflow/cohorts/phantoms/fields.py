"""Smooth random fields and soft edges, from which phantoms are painted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.types import Float32


@dataclass(frozen=True)
class Field:
    """A smooth random function of three coordinates, of mean 0 and standard deviation near 1.

    Attributes:
        knots: `(levels, height, width)` normal values that are interpolated.
    """

    knots: Float32

    def at(self, height: float, size: int) -> Float32:
        """Cut a horizontal plane out of the field.

        Args:
            height: From -1, the lowest level, to 1, the highest; beyond them the field does not change.
            size: Height and width of the plane in pixels.

        Returns:
            `(size, size)` float32.
        """
        level = np.clip((height + 1) / 2, 0, 1) * (len(self.knots) - 1)
        below = min(int(level), len(self.knots) - 2)
        turn = (level - below) * np.pi / 2
        plane = np.cos(turn) * self.knots[below] + np.sin(turn) * self.knots[below + 1]
        return np.asarray(cv2.resize(plane.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC) * 1.2, np.float32)


@dataclass(frozen=True)
class Plane:
    """Where the pixels of a slice lie in the head.

    Attributes:
        x: `(size, size)` float32, -1 at the image's left edge, 1 at its right edge.
        y: `(size, size)` float32, -1 at the front, 1 at the back.
        z: Height, from -1 at the base of the skull to 1 at the crown.
        shown: Length of the edges between tissues, in the units of `x`: a pixel and a half.
    """

    x: Float32
    y: Float32
    z: float
    shown: float

    @property
    def size(self) -> int:
        """Height and width in pixels."""
        return len(self.x)


def make_plane(size: int, z: float) -> Plane:
    """Lay an undistorted grid of pixels at a height.

    Example:
        >>> make_plane(2, 0.0).x.tolist()
        [[-0.5, 0.5], [-0.5, 0.5]]
    """
    centres = ((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1).astype(np.float32)
    x, y = np.meshgrid(centres, centres)
    return Plane(x, y, z, 3.0 / size)


def draw_field(rng: np.random.Generator, levels: int, detail: int) -> Field:
    """Draw a smooth random field.

    Args:
        rng: Source of randomness.
        levels: Number of independent heights, at least 2.
        detail: Number of independent values across a slice.

    Returns:
        The field.
    """
    return Field(rng.standard_normal((levels, detail, detail)).astype(np.float32))


def soft(distance: npt.NDArray[np.floating], width: float) -> Float32:
    """Turn a signed distance, positive inside, into a membership between 0 and 1.

    Example:
        >>> soft(np.array([-1.0, 0.0, 1.0], np.float32), 0.5).tolist()
        [0.0, 0.5, 1.0]
    """
    return np.asarray(np.clip(distance / width + 0.5, 0, 1), np.float32)


def ellipse(plane: Plane, x: float, y: float, width: float, height: float) -> Float32:
    """Signed distance to an ellipse, positive inside, exact on its boundary.

    Args:
        plane: Coordinates.
        x: Centre.
        y: Centre.
        width: Half axis along `x`, above 0.
        height: Half axis along `y`, above 0.

    Returns:
        `(size, size)` float32 in the units of the plane.
    """
    radius = np.sqrt(((plane.x - x) / width) ** 2 + ((plane.y - y) / height) ** 2)
    return np.asarray((1 - radius) * min(width, height), np.float32)
