"""Fully connected conditional random field: tumour ends where the image changes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from tumourflow.prediction.gaussian_filters import Filter, filter_appearance, filter_space, normalise_symmetrically
from tumourflow.types import Float32

SUREST = 1e-6
"""Probabilities are kept this far from 0 and 1, which no evidence could move."""


@dataclass(frozen=True)
class Potentials:
    """How strongly the pixels of a slice hold together.

    Attributes:
        appearance: Weight of the kernel of place and grey, at least 0.
        distance: Its standard deviation in place, as a share of the image's longer side.
        contrast: Its standard deviation in grey, where black to white is 1.
        smoothness: Weight of the kernel of place alone, at least 0.
        reach: Its standard deviation in pixels.
        iterations: Steps of the mean field.
    """

    appearance: float = 3.0
    distance: float = 0.04
    contrast: float = 0.08
    smoothness: float = 1.0
    reach: float = 2.0
    iterations: int = 5


DEFAULT_POTENTIALS = Potentials()


def refine(probability: Float32, picture: Float32, potentials: Potentials = DEFAULT_POTENTIALS) -> Float32:
    """Let the probabilities of a slice follow its picture: mean field of a fully connected field of two classes.

    With `z = logit(p)` and `s = 2 q - 1`, where `q` is `p` at first, a step is
    `q(i) = sigmoid(z(i) + sum over kernels k and pixels j other than i of weight * k(i, j) s(j) / sqrt(n(i) n(j)))`,
    all pixels at once. `n(i)`, the sum of `k(i, j)` over all `j`, normalises as the authors' code does: a weight then means the same in
    the middle, at the border, and for rare and frequent greys. The whole slice is computed, no part of it cut out.

    Where no probability exceeds one half, all only fall: every `s` is negative, and stays so.

    Args:
        probability: `(height, width)`, 0..1, before any threshold.
        picture: `(height, width)`, grey values in 0..1.
        potentials: Weights and widths of the kernels.

    Returns:
        `(height, width)`, 0..1.

    Raises:
        ValueError: If the shapes differ.

    Reference:
        Krähenbühl and Koltun 2011, doi:10.48550/arXiv.1210.5644.
    """
    from scipy.special import expit, logit

    if probability.shape != picture.shape:
        msg = f"`probability` and `picture` must have the same shape. Received: {probability.shape} and {picture.shape}."
        raise ValueError(msg)
    filters = _filters(picture, potentials)
    evidence = logit(np.clip(probability.astype(np.float32), SUREST, 1 - SUREST))
    z = evidence
    for _ in range(potentials.iterations):
        side = np.tanh(z / 2)
        z = evidence + sum(np.float32(weight) * smooth(side) for weight, smooth in filters)
    return np.asarray(expit(z), np.float32)


def refine_volume(probabilities: Sequence[Float32], pictures: Sequence[Float32], threshold: float) -> list[Float32]:
    """Refine those slices of a patient whose mask is not empty anyhow, each alone.

    Args:
        probabilities: Each `(height, width)`, 0..1.
        pictures: Grey values of the same slices, 0..1.
        threshold: Probability from which a pixel will be tumour. Slices below it and below one half stay as they are: they could only
            fall, see `refine`.

    Returns:
        A probability for each slice.

    Raises:
        ValueError: If there is not a picture for each slice.
    """
    if len(probabilities) != len(pictures):
        msg = f"`pictures` must have one for each slice. Received: {len(pictures)} for {len(probabilities)}."
        raise ValueError(msg)
    from threadpoolctl import threadpool_limits

    floor = min(threshold, 0.5)

    def refine_slice(probability: Float32, picture: Float32) -> Float32:
        return refine(probability, picture) if (probability >= floor).any() else probability

    # The products are so small that the threads of one of them wait for one another longer than they compute, and much longer on a
    # machine that others use: each slice has a thread instead.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(refine_slice, probabilities, pictures))


def _filters(picture: Float32, potentials: Potentials) -> list[tuple[float, Filter]]:
    chosen: list[tuple[float, Filter]] = []
    if potentials.appearance:
        distance = potentials.distance * max(picture.shape)
        chosen.append((potentials.appearance, filter_appearance(picture, distance, potentials.contrast)))
    if potentials.smoothness:
        chosen.append((potentials.smoothness, filter_space(picture.shape, potentials.reach)))
    return [(weight, normalise_symmetrically(smooth, picture.shape)) for weight, smooth in chosen]
