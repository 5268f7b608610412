"""All changes of geometry, composed into one warp, so that an image is interpolated once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.imaging.elastic import draw_control_points, spread_control_points
from tumourflow.options import AugmentationOptions
from tumourflow.types import Float32

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """A part of the image that is enlarged to all of it.

    Attributes:
        removed: Share of the side that is cut away, in [0, 1).
        top: How much of what is cut away lies above, in [0, 1].
        left: How much of it lies to the left, in [0, 1].
    """

    removed: float = 0
    top: float = 0.5
    left: float = 0.5


@dataclass(frozen=True, eq=False)
class WarpParameters:
    """One change of geometry; the defaults change nothing.

    Attributes:
        angle: Counter-clockwise rotation about the centre, in degrees.
        log_scale: Natural logarithm of the magnification.
        log_zoom: Natural logarithm of the magnification of the height relative to that of the width.
        shear: Angle by which vertical lines lean, in degrees.
        shift: How far the content moves down and right, as shares of height and width.
        window: The part that is enlarged.
        mirrored: Whether left and right change places.
        control_points: Elastic displacement as shares of height and width, or none; see `draw_control_points`.
    """

    angle: float = 0
    log_scale: float = 0
    log_zoom: float = 0
    shear: float = 0
    shift: tuple[float, float] = (0, 0)
    window: Window = Window()
    mirrored: bool = False
    control_points: Float32 | None = None


@dataclass(frozen=True, eq=False)
class Sampling:
    """Where each pixel of a warped image comes from.

    Attributes:
        matrix: Maps output (column, row, 1) to input (column, row), shape `(2, 3)`.
        maps: Input columns and rows of each output pixel where the warp is not affine, else none.
    """

    matrix: Matrix
    maps: tuple[Float32, Float32] | None = None

    @cached_property
    def is_identity(self) -> bool:
        """Whether each pixel comes from where it was."""
        return self.maps is None and np.array_equal(self.matrix, np.eye(3)[:2])


def draw_warp(options: AugmentationOptions, rng: np.random.Generator) -> WarpParameters:
    """Draw a change of geometry.

    Args:
        options: Ranges to draw from.
        rng: Source of randomness; the same number of draws is taken whatever the ranges are, elastic apart.

    Returns:
        The parameters.
    """
    angle, log_scale, log_zoom, shear, down, right = rng.uniform(-1, 1, 6).tolist()
    removed, top, left, mirrored, elastic = rng.random(5).tolist()
    bends = options.elastic > 0 and elastic < options.elastic_share
    return WarpParameters(
        angle=angle * options.rotation,
        log_scale=log_scale * options.scale,
        log_zoom=log_zoom * options.zoom,
        shear=shear * options.shear,
        shift=(down * options.shift, right * options.shift),
        window=Window(removed * options.crop, top, left),
        mirrored=mirrored < options.flip,
        control_points=draw_control_points(options.elastic, rng) if bends else None,
    )


def compose_sampling(parameters: WarpParameters, height: int, width: int) -> Sampling:
    """Compose all parts of a warp: mirror, shear, zoom, scale, rotation, shift, then window, elastic field last.

    Args:
        parameters: The warp.
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        Where each pixel of the warped image comes from.

    Example:
        >>> mirrored = compose_sampling(WarpParameters(mirrored=True), 4, 6)
        >>> (mirrored.matrix @ (0, 0, 1)).tolist()
        [5.0, 0.0]
    """
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    window = parameters.window
    kept = 1 - window.removed
    window_middle = window.removed * np.array([(window.left - 0.5) * width, (window.top - 0.5) * height])
    shift = np.array([parameters.shift[1] * width, parameters.shift[0] * height])
    inverse = _inverse_linear(parameters)
    linear = kept * inverse
    offset = middle - linear @ middle + inverse @ (window_middle - shift)
    matrix = np.column_stack([linear, offset])
    if parameters.control_points is None:
        return Sampling(matrix)
    return Sampling(matrix, _bent_maps(matrix, spread_control_points(parameters.control_points, height, width)))


def warp(plane: npt.NDArray[Any], sampling: Sampling, fill: float, *, nearest: bool = False) -> npt.NDArray[Any]:
    """Warp one channel.

    OpenCV's kernels for a single channel are faster than those for five, and more exact: the others round coordinates to 1/32 pixel.

    Args:
        plane: Shape `(height, width)`, float32 or uint8.
        sampling: Where each pixel comes from.
        fill: Value of pixels from outside.
        nearest: Whether the nearest pixel is taken instead of a bilinear mean.

    Returns:
        A new array of the same shape and dtype; an identity gives the plane itself.
    """
    if sampling.is_identity:
        return plane
    interpolation = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    if sampling.maps is not None:
        columns, rows = sampling.maps
        return np.asarray(cv2.remap(plane, columns, rows, interpolation, borderMode=cv2.BORDER_CONSTANT, borderValue=fill))
    size, flags = (plane.shape[1], plane.shape[0]), interpolation | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plane, sampling.matrix, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=fill))


def _inverse_linear(parameters: WarpParameters) -> Matrix:
    angle, shear = math.radians(parameters.angle), math.radians(parameters.shear)
    wider = math.exp(parameters.log_scale - parameters.log_zoom / 2)
    higher = math.exp(parameters.log_scale + parameters.log_zoom / 2)
    # Rows run downwards, so that turning back a counter-clockwise rotation has its minus sign above the diagonal.
    turned_back = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    narrowed = turned_back / [[wider], [higher]]
    straightened = np.array([[1.0, -math.tan(shear)], [0.0, 1.0]]) @ narrowed
    straightened[0] *= -1.0 if parameters.mirrored else 1.0
    return straightened


def _bent_maps(matrix: Matrix, field: Float32) -> tuple[Float32, Float32]:
    height, width = field.shape[1:]
    rows = np.arange(height, dtype=np.float32)[:, None] + field[0] * np.float32(height)
    columns = np.arange(width, dtype=np.float32)[None, :] + field[1] * np.float32(width)
    across, down = matrix.astype(np.float32)
    return across[0] * columns + across[1] * rows + across[2], down[0] * columns + down[1] * rows + down[2]
