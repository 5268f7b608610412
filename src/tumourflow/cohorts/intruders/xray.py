"""Pictures like radiographs: a chest, or the bones of a hand."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tumourflow.cohorts.intruders.patterns import SIDE, Picture

Field = npt.NDArray[np.float64]


def draw_xray(rng: np.random.Generator) -> Picture:
    """Draw what a radiograph shows: bodies through which more or less light comes, smooth and grainy.

    Args:
        rng: Chance.

    Returns:
        `(256, 256)`, bone bright.
    """
    absorbed = _draw_chest(rng) if rng.random() < 0.6 else _draw_hand(rng)
    # What is behind one another adds up, and is shown as its logarithm; a screen blurs and photons are few.
    picture = cv2.GaussianBlur(absorbed, (0, 0), float(rng.uniform(0.8, 2.0)))
    picture = picture / picture.max() * rng.uniform(190, 250) + rng.normal(0, rng.uniform(1, 7), picture.shape)
    return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)


def _draw_chest(rng: np.random.Generator) -> Field:
    body = 0.8 * _ellipse(0.55, 0.5, rng.uniform(0.55, 0.7), rng.uniform(0.42, 0.52), 0)
    for side in (-1, 1):
        middle = 0.5 + side * rng.uniform(0.17, 0.21)
        body -= rng.uniform(0.4, 0.55) * _ellipse(0.5, middle, rng.uniform(0.27, 0.33), rng.uniform(0.12, 0.16), side * 8)
        for rib in range(int(rng.integers(7, 10))):
            body += 0.18 * _arc(0.2 + 0.075 * rib, middle, 0.18, 0.06, side)
        body += 0.3 * _arc(0.14, 0.5 + side * 0.2, 0.2, -0.03, side)
    body += 0.35 * _ellipse(0.5, 0.5, 0.6, rng.uniform(0.03, 0.05), 0)
    body += rng.uniform(0.35, 0.5) * _ellipse(0.6, rng.uniform(0.53, 0.58), 0.15, 0.12, 30)
    body += 0.5 * _ellipse(1.0, 0.5, 0.22, 0.5, 0)
    return np.clip(body, 0.02, None)


def _draw_hand(rng: np.random.Generator) -> Field:
    hand = np.zeros((SIDE, SIDE))
    for finger in range(5):
        slope = (finger - 2) * rng.uniform(9, 13)
        row, column = 0.85, 0.5 + (finger - 2) * 0.06
        for length in (0.24, 0.16, 0.11, 0.08):
            down, right = -np.cos(np.radians(slope)) * length, np.sin(np.radians(slope)) * length
            row, column = row + down, column + right
            hand += 0.35 * _ellipse(row - down / 2, column - right / 2, length * 0.75, 0.045, slope)
            hand += 0.6 * _ellipse(row - down / 2, column - right / 2, length * 0.46, 0.019, slope)
    hand += 0.5 * _ellipse(0.92, 0.5, 0.15, 0.16, 0)
    return np.clip(hand, 0, 1.6) + 0.02


def _ellipse(row: float, column: float, half_height: float, half_width: float, degrees: float) -> Field:
    # Places and half axes are shares of the side.
    field = np.zeros((SIDE, SIDE), np.float64)
    centre, axes = (round(column * SIDE), round(row * SIDE)), (max(round(half_width * SIDE), 1), max(round(half_height * SIDE), 1))
    cv2.ellipse(field, centre, axes, degrees, 0, 360, 1.0, cv2.FILLED, cv2.LINE_AA)
    return np.asarray(field, np.float64)


def _arc(row: float, column: float, half_width: float, drop: float, side: int) -> Field:
    field = np.zeros((SIDE, SIDE), np.float64)
    places = np.linspace(-1, 1, 24)
    columns = (column + half_width * places) * SIDE
    rows = (row + drop * (side * places) ** 2 - drop * side * places) * SIDE
    points = np.stack([columns, rows], axis=1).round().astype(np.int32)
    cv2.polylines(field, [points], False, 1.0, 6, cv2.LINE_AA)
    return np.asarray(field, np.float64)
