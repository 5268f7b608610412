"""What a scanner makes of a head: shading, contrast, ghosts, blur, noise, dark or missing sequences, eight bits."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.cohorts.phantoms.fields import Field, Plane, draw_field
from tumourflow.types import Float32

FLAIR = 1


@dataclass(frozen=True)
class Scanner:
    """The settings under which one patient was scanned.

    Attributes:
        gain: Grey value of the brightest tissue in each channel, up to 255 and down to a tenth of that.
        gamma: Exponent of each channel: how far tissues lie apart.
        hot_spot: x, y and strength of the place where the coil lay close.
        shading: Field of slow changes of brightness.
        blur: Standard deviation of the blur in pixels of a slice of 256.
        noise: Standard deviation of the noise, as a share of the brightest tissue.
        ghost: Strength of the shifted copy that motion leaves on FLAIR; 0 for none.
        missing: Channels that were not taken and hold a copy of FLAIR.
        black_ends: Whether FLAIR covers neither the first slice nor the last.
    """

    gain: tuple[float, float, float]
    gamma: tuple[float, float, float]
    hot_spot: tuple[float, float, float]
    shading: Field
    blur: float
    noise: float
    ghost: float
    missing: tuple[int, ...]
    black_ends: bool


def draw_scanner(rng: np.random.Generator, darkest: float) -> Scanner:
    """Draw the settings of a scan.

    Args:
        rng: Source of randomness.
        darkest: Lowest gain of the site, above 0 and at most 1.

    Returns:
        The settings; about one patient in seven misses a sequence or two.
    """
    gain = 255 * np.exp(rng.uniform(np.log(darkest), 0))
    angle = rng.uniform(0, 2 * np.pi)
    missing = ((0, 2), (2,), (0,))[rng.choice(3, p=(0.4, 0.4, 0.2))] if rng.random() < 0.15 else ()
    first, second, third = (float(value) for value in gain * rng.uniform(0.75, 1, 3))
    return Scanner(
        gain=(first, second, third),
        gamma=(rng.uniform(0.8, 1.25), rng.uniform(0.8, 1.25), rng.uniform(0.8, 1.25)),
        hot_spot=(0.5 * np.cos(angle), 0.6 * np.sin(angle), rng.uniform(0.2, 0.9)),
        shading=draw_field(rng, 3, 4),
        blur=rng.uniform(0.3, 1.0),
        noise=rng.uniform(0.008, 0.03),
        ghost=rng.uniform(0.05, 0.15) if rng.random() < 0.3 else 0.0,
        missing=missing,
        black_ends=bool(rng.random() < 0.4),
    )


def scan(signal: Float32, scanner: Scanner, plane: Plane, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Turn a slice's signal into the grey values of a file.

    Args:
        signal: `(3, size, size)` float32, about 0 to 1; it is not changed.
        scanner: Settings.
        plane: Undistorted coordinates of the slice.
        rng: Source of the slice's noise.

    Returns:
        `(size, size, 3)` uint8.
    """
    size = plane.size
    x, y, strength = scanner.hot_spot
    near = np.exp(-((plane.x - x) ** 2 + (plane.y - y) ** 2) / 0.18)
    shade = (1 + strength * near) * np.exp(0.08 * scanner.shading.at(plane.z, size))
    values = np.empty_like(signal)
    for channel in range(3):
        source = FLAIR if channel in scanner.missing else channel
        values[channel] = _expose(signal[source], scanner, source, shade / (1 + 0.5 * strength))
    # The magnitude of a complex signal, whose both parts are noisy: Rician noise.
    noise = np.float32(scanner.noise) * rng.standard_normal((2, *signal.shape), dtype=np.float32)
    values = np.hypot(values + noise[0], noise[1])
    for channel in scanner.missing:
        values[channel] = values[FLAIR]
    gain = np.array([scanner.gain[FLAIR if channel in scanner.missing else channel] for channel in range(3)])
    return np.asarray(np.clip(np.rint(values.transpose(1, 2, 0) * gain), 0, 255), np.uint8)


def _expose(signal: Float32, scanner: Scanner, channel: int, shade: Float32) -> Float32:
    values = np.clip(signal, 0, 2) ** np.float32(scanner.gamma[channel]) * shade
    if scanner.ghost and channel == FLAIR:
        values += scanner.ghost * np.roll(values, round(0.17 * len(values)), axis=0)
    blurred = cv2.GaussianBlur(values.astype(np.float32), (0, 0), scanner.blur * len(values) / 256 + 1e-3)
    return np.asarray(blurred, np.float32)
