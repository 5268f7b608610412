"""Gaussian filters over all pairs of pixels of an image, exact but for rounding.

A Gaussian of two numbers from a bounded range is a sum of few products: its eigenvalues fall faster than exponentially. The kernel of
place and grey is a product of three such Gaussians, of rows, of columns and of grey values, so that the sum over all pairs of pixels
becomes some twenty pairs of small matrix products, without the grid and the interpolation of a bilateral grid or permutohedral lattice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tumourflow.types import Float32

Filter = Callable[[Float32], Float32]
Floats = npt.NDArray[np.float64]

NODES_PER_SIGMA = 3
SMALLEST_EIGENVALUE = 1e-8
"""As a share of the largest one; with these two the kernel is right to 1e-6."""


def factorise_gaussian(points: Floats, sigma: float) -> Float32:
    """Write the Gaussian of all pairs of points as a product of two thin matrices.

    The eigenfunctions of evenly spaced nodes are carried over to the points.

    Args:
        points: `(n,)`, at least 0.
        sigma: Standard deviation, in the unit of the points.

    Returns:
        `f`, `(rank, n)`, with `f.T @ f` nearly `exp(-(a - b)^2 / (2 sigma^2))` for all points `a, b`.

    Reference:
        Williams and Seeger 2001, Using the Nyström method to speed up kernel machines, Advances in Neural Information Processing 13.

    Example:
        >>> factors = factorise_gaussian(np.array([0.0, 3.0]), sigma=3.0)
        >>> (factors.T @ factors).astype(float).round(4).tolist()
        [[1.0, 0.6065], [0.6065, 1.0]]
    """
    reach = float(points.max(initial=0))
    nodes = np.linspace(0, reach, int(np.ceil(NODES_PER_SIGMA * reach / sigma)) + 2)
    values, vectors = np.linalg.eigh(gaussian(nodes, nodes, sigma))
    large = values > SMALLEST_EIGENVALUE * values[-1]
    factors = (vectors[:, large] / np.sqrt(values[large])).T @ gaussian(nodes, points, sigma)
    return np.ascontiguousarray(factors, np.float32)


def gaussian(first: Floats, second: Floats, sigma: float) -> Floats:
    """Give `exp(-(a - b)^2 / (2 sigma^2))` for all pairs, `(len(first), len(second))`."""
    kernel: Floats = np.exp(-0.5 * np.square((first[:, None] - second) / sigma))
    return kernel


def filter_appearance(picture: Float32, distance: float, contrast: float) -> Filter:
    """Make the filter `sum over j of exp(-|place(i) - place(j)|^2 / (2 distance^2) - (grey(i) - grey(j))^2 / (2 contrast^2)) x(j)`.

    Args:
        picture: `(height, width)`, at least 0.
        distance: Standard deviation in pixels.
        contrast: Standard deviation in grey.

    Returns:
        Function of an image `x` of the same shape.
    """
    height, width = picture.shape
    rows = factorise_gaussian(np.arange(float(height)), distance)
    columns = factorise_gaussian(np.arange(float(width)), distance)
    shades = factorise_gaussian(picture.ravel().astype(np.float64), contrast).reshape(-1, height, width)

    def smooth(field: Float32) -> Float32:
        total = np.zeros((height, width), np.float32)
        # One shade at a time stays within the processor's cache.
        for shade in shades:
            total += shade * (rows.T @ (rows @ (shade * field) @ columns.T) @ columns)
        return total

    return smooth


def filter_space(shape: Sequence[int], reach: float) -> Filter:
    """Make the filter `sum over j of exp(-|place(i) - place(j)|^2 / (2 reach^2)) x(j)`.

    Args:
        shape: Height and width.
        reach: Standard deviation in pixels.

    Returns:
        Function of an image `x` of this shape.
    """
    places = [np.arange(float(length)) for length in shape]
    rows, columns = (gaussian(place, place, reach).astype(np.float32) for place in places)

    def smooth(field: Float32) -> Float32:
        return np.asarray(rows @ field @ columns, np.float32)

    return smooth


def normalise_symmetrically(smooth: Filter, shape: tuple[int, ...]) -> Filter:
    """Divide the kernel by the roots of its sums at both pixels, and leave out what a pixel says to itself.

    Args:
        smooth: Filter with a kernel `k` that is 1 between a pixel and itself.
        shape: Height and width.

    Returns:
        Filter with the kernel `k(i, j) / sqrt(n(i) n(j))`, 0 where `i = j`, and `n(i)` the sum of `k(i, j)` over all `j`.
    """
    root = np.sqrt(smooth(np.ones(shape, np.float32)))

    def hear_others(field: Float32) -> Float32:
        return np.asarray(smooth(np.asarray(field / root, np.float32)) / root - field / np.square(root), np.float32)

    return hear_others
