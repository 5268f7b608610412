"""The ways in which a network is shown a slice, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from tumourflow.imaging.geometry import resize_square
from tumourflow.options.networks import enlarge_side
from tumourflow.types import Float32

Forward = Callable[[Float32], Float32]
"""Gives the logits of a batch of inputs."""


class View(NamedTuple):
    """How a network is shown a slice; by default as it lies.

    Attributes:
        mirrored: Whether left and right change places.
        enlarged: Whether it has `enlarge_side` of its side.
    """

    mirrored: bool = False
    enlarged: bool = False


MIRRORED = View(mirrored=True)


def list_views(*, mirrors: bool, multi_scale: bool) -> tuple[View, ...]:
    """List the views that are averaged, that of the slice as it lies first.

    Args:
        mirrors: Whether the mirror image is one.
        multi_scale: Whether the enlarged image is one, and its mirror image where there are mirror images.

    Example:
        >>> list_views(mirrors=True, multi_scale=False)
        (View(mirrored=False, enlarged=False), View(mirrored=True, enlarged=False))
    """
    return tuple(View(mirrored, enlarged) for enlarged in (False, True)[: 1 + multi_scale] for mirrored in (False, True)[: 1 + mirrors])


def predict_view(forward: Forward, inputs: Float32, view: View) -> Float32:
    """Predict a batch of slices as a view shows them, and bring the answer back to how they lie.

    Args:
        forward: Forward pass for images of the view's size.
        inputs: `(b, size, size, depth)`.
        view: What is shown.

    Returns:
        Probabilities of tumour, `(b, size, size)`, 0..1.
    """
    seen = enlarge(inputs) if view.enlarged else inputs
    probability = _give_probability(forward(np.ascontiguousarray(seen[:, :, ::-1]) if view.mirrored else seen))
    upright = probability[:, :, ::-1] if view.mirrored else probability
    return _resize(upright, inputs.shape[1]) if view.enlarged else upright


def enlarge(inputs: Float32) -> Float32:
    """Enlarge images `(b, size, size, depth)`, bilinearly, to `enlarge_side` of their side."""
    return _resize(inputs, enlarge_side(inputs.shape[1]))


def average_views(probabilities: Sequence[Float32]) -> Float32:
    """Average the probabilities of the views."""
    return np.asarray(np.float32(1 / len(probabilities)) * sum(probabilities), np.float32)


def _give_probability(logits: Float32) -> Float32:
    return np.asarray(expit(logits[..., 0]), np.float32)


def _resize(images: Float32, side: int) -> Float32:
    return np.stack([resize_square(image, side) for image in images])
