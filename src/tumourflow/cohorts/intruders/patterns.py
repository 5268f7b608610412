"""Pictures without a subject: noise, blank, gradients, textures, text, and what refusal is chosen on."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 256
"""Height and width in pixels."""

Picture = npt.NDArray[np.uint8]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789   .,:-%/"


def draw_noise(rng: np.random.Generator) -> Picture:
    """Draw noise: uniform, Gaussian round some grey, or Rayleigh, as of a magnet or an echo without anything in it; fine or coarse."""
    side = SIDE // int(rng.choice([1, 1, 2, 4, 8]))
    shape = (side, side)
    kind = rng.integers(3)
    if kind == 0:
        values = rng.uniform(0, 255, shape)
    elif kind == 1:
        values = rng.normal(rng.uniform(40, 215), rng.uniform(5, 60), shape)
    else:
        values = rng.rayleigh(rng.uniform(5, 60), shape)
    return _enlarge(_to_picture(values), cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR)


def draw_blank(rng: np.random.Generator) -> Picture:
    """Draw nothing: one grey, or nearly so, as of a slice beyond the head or a covered probe."""
    grey = float(rng.choice([0, 0, 255, rng.uniform(0, 255)]))
    spread = float(rng.choice([0.0, 0.0, 1.0, 3.0]))
    return _to_picture(grey + spread * rng.standard_normal((SIDE, SIDE)))


def draw_gradient(rng: np.random.Generator) -> Picture:
    """Draw a smooth ramp of greys, straight or round, bright or dark in the middle."""
    rows, columns = _grid(rng)
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        ramp = rows * np.sin(angle) + columns * np.cos(angle)
    else:
        ramp = np.hypot(rows, columns * rng.uniform(0.5, 2)) * rng.choice([-1, 1])
    low, high = np.sort(rng.uniform(0, 255, 2))
    ramp = (ramp - ramp.min()) / np.ptp(ramp)
    return _to_picture(low + (high - low) * ramp ** rng.uniform(0.4, 2.5))


def draw_texture(rng: np.random.Generator) -> Picture:
    """Draw a random field of one grain and direction, as of cloth, wood or cloud, whole pictures of it."""
    rows, columns = np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE), indexing="ij")
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(1, 6)
    along = rows * np.cos(angle) + columns * np.sin(angle)
    across = (columns * np.cos(angle) - rows * np.sin(angle)) * stretch
    distance = np.hypot(along, across)
    centre, width = rng.uniform(0.0, 0.15), rng.uniform(0.01, 0.06)
    spectrum = np.exp(-(((distance - centre) / width) ** 2) / 2) * np.fft.fft2(rng.standard_normal((SIDE, SIDE)))
    field = np.real(np.fft.ifft2(spectrum))
    field = (field - field.mean()) / max(float(field.std()), 1e-12)
    return _to_picture(rng.uniform(70, 180) + rng.uniform(20, 70) * field)


def draw_text(rng: np.random.Generator) -> Picture:
    """Draw a page of letters that mean nothing: black on white or white on black, of one or several sizes."""
    dark = bool(rng.integers(2))
    page = np.full((SIDE, SIDE), 255 if dark else 0, np.uint8)
    row = 0
    while True:
        size = float(rng.uniform(0.35, 1.1))
        row += int(rng.uniform(26, 40) * size)
        if row >= SIDE:
            return page
        line = "".join(rng.choice(list(_LETTERS), int(rng.integers(4, 60))))
        grey = int(rng.integers(0, 90)) if dark else int(rng.integers(165, 256))
        cv2.putText(page, line, (int(rng.integers(2, 40)), row), int(rng.choice([0, 2, 3])), size, grey, 1, cv2.LINE_AA)


def draw_stripes(rng: np.random.Generator) -> Picture:
    """Draw waves or a chess board."""
    rows, columns = _grid(rng)
    angle, period = rng.uniform(0, np.pi), rng.uniform(0.03, 0.5)
    along = rows * np.cos(angle) + columns * np.sin(angle)
    across = columns * np.cos(angle) - rows * np.sin(angle)
    wave = np.sin(2 * np.pi * along / period)
    if rng.random() < 0.5:
        wave = np.asarray(np.sign(wave * np.sin(2 * np.pi * across / period)), np.float64)
    return _to_picture(rng.uniform(90, 160) + rng.uniform(30, 90) * wave)


def draw_speckle(rng: np.random.Generator) -> Picture:
    """Draw single bright and dark pixels, or spots, on an even ground."""
    page = np.full((SIDE, SIDE), float(rng.uniform(0, 255)))
    share = rng.uniform(0.005, 0.3)
    chance = rng.random((SIDE, SIDE))
    page[chance < share / 2], page[chance > 1 - share / 2] = 0, 255
    return _to_picture(np.asarray(cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.3, 3))), np.float64))


def draw_shapes(rng: np.random.Generator) -> Picture:
    """Draw a few even triangles, boxes and discs over one another."""
    page = np.full((SIDE, SIDE), int(rng.integers(256)), np.uint8)
    for _ in range(int(rng.integers(2, 12))):
        grey, centre = int(rng.integers(256)), rng.integers(0, SIDE, 2)
        if rng.random() < 0.5:
            cv2.fillPoly(page, [(centre + rng.integers(-90, 90, (int(rng.integers(3, 6)), 2))).astype(np.int32)], grey)
        else:
            cv2.circle(page, (int(centre[0]), int(centre[1])), int(rng.integers(5, 70)), grey, cv2.FILLED)
    return page


def _grid(rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    middle = rng.uniform(0.2, 0.8, 2)
    places = np.arange(SIDE) / SIDE
    rows, columns = np.meshgrid(places - middle[0], places - middle[1], indexing="ij")
    return rows, columns


def _to_picture(values: npt.NDArray[np.float64]) -> Picture:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _enlarge(picture: Picture, interpolation: int) -> Picture:
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=interpolation), np.uint8)
