"""Brightness, contrast and gamma of one sequence."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tumourflow.options import AugmentationOptions
from tumourflow.types import Float32


@dataclass(frozen=True)
class Tone:
    """One change of a sequence's grey values; the defaults change nothing.

    Attributes:
        exponent: Exponent applied to the values as shares of the sequence's own range.
        gain: Factor about 0, the mean of the tissue in an image normalised by z-score.
        offset: Added at the end.
    """

    exponent: float = 1
    gain: float = 1
    offset: float = 0


def draw_tone(options: AugmentationOptions, rng: np.random.Generator) -> Tone:
    """Draw a change of grey values.

    Args:
        options: Ranges to draw from.
        rng: Source of randomness.

    Returns:
        The change.
    """
    gamma, contrast, brightness = rng.uniform(-1, 1, 3).tolist()
    exponent, gain = np.exp([gamma * options.gamma, contrast * options.contrast]).tolist()
    return Tone(exponent, gain, brightness * options.brightness)


def apply_tone(plane: Float32, tone: Tone, low: float, high: float) -> Float32:
    """Change the grey values of one channel.

    Args:
        plane: Shape `(height, width)`.
        tone: The change.
        low: Smallest value of the sequence, which the exponent leaves as it is.
        high: Largest value of the sequence, which the exponent leaves as it is; no exponent is applied where it equals `low`.

    Returns:
        An array of the same shape; the plane itself where the tone changes nothing.

    Example:
        >>> apply_tone(np.array([[0, 1, 2]], np.float32), Tone(exponent=2, gain=3, offset=1), 0, 2).tolist()
        [[1.0, 2.5, 7.0]]
    """
    if tone == Tone():
        return plane
    if tone.exponent == 1 or high <= low:
        changed, offset = plane * np.float32(tone.gain), tone.offset
    else:
        # span * ((v - low) / span) ** e + low, then gain and offset, in as few passes as there can be.
        changed = _raise_above(plane, low, tone.exponent)
        changed *= np.float32(tone.gain * (high - low) ** (1 - tone.exponent))
        offset = tone.gain * low + tone.offset
    changed += np.float32(offset)
    return changed


def _raise_above(plane: Float32, low: float, exponent: float) -> Float32:
    # Interpolation may end a rounding error below the range, where a power is not defined.
    above = np.maximum(plane - np.float32(low), np.float32(0))
    return np.asarray(cv2.pow(above, exponent), np.float32)
