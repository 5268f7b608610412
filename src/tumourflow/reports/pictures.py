"""Images as a page holds them: small, in eight bits, inside the page itself."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np

from tumourflow.figures.image_panel import grey
from tumourflow.reports.outline import trace_outline
from tumourflow.types import Mask, Pixels

SIDE = 384
"""Pixels of the longer side of a picture; a smaller image stays as large as it is."""
LEAD_CHANNELS = {"brain-flair3": 1}
"""The channel that is shown of an image whose channels are no colours, by the kind of input."""
_QUALITY = 80
_OUTLINE_SIDE = 768


@dataclass(frozen=True)
class Picture:
    """An image and what was found on it, ready for the page.

    Attributes:
        uri: The image, JPEG, as a `data:` address.
        width: Of the image as it was stored, in pixels.
        height: Of the image as it was stored, in pixels.
        outline: SVG path round the mask, in units of such a pixel times `scale`; empty where nothing was found.
        scale: Pixels of the image to one unit of the path: 1 but for large images.
    """

    uri: str
    width: int
    height: int
    outline: str
    scale: float


def make_picture(image: Pixels, mask: Mask | None, input_kind: str = "") -> Picture:
    """Make the picture of an image and its mask.

    Args:
        image: `(height, width)` or `(height, width, channels)`, any numeric dtype. Colours are shown as they are stored where they have
            eight bits; grey values, and any others, through a window from the 1st to the 99.5th percentile.
        mask: `(height, width)` booleans, or nothing.
        input_kind: What the model took it for; of sequences of the brain, the lead channel is shown.
    """
    height, width = image.shape[:2]
    outline, scale = _outline(mask)
    return Picture(embed_jpeg(_to_bytes(image, input_kind)), width, height, outline, scale)


def embed_jpeg(pixels: Pixels) -> str:
    """Encode an image `(height, width[, 3])` uint8, colours in the order red, green, blue, as a `data:` address."""
    _, encoded = cv2.imencode(".jpg", pixels[..., ::-1] if pixels.ndim == 3 else pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return embed(encoded.tobytes(), "image/jpeg")


def embed(data: bytes, kind: str) -> str:
    """Write a file as a `data:` address.

    Example:
        >>> embed(b"tumour", "text/plain")
        'data:text/plain;base64,dHVtb3Vy'
    """
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _to_bytes(image: Pixels, input_kind: str) -> Pixels:
    planes = image[..., None] if image.ndim == 2 else image
    if planes.shape[2] not in (3, 4) or input_kind in LEAD_CHANNELS or _is_grey(planes):
        lead = min(LEAD_CHANNELS.get(input_kind, 0), planes.shape[2] - 1)
        return np.rint(grey(_shrink(planes[..., lead])) * 255).astype(np.uint8)
    colours = _shrink(planes[..., :3])
    if colours.dtype == np.uint8:
        return colours
    # One window for all channels keeps the hue.
    return np.rint(grey(colours.reshape(len(colours), -1)).reshape(colours.shape) * 255).astype(np.uint8)


def _is_grey(planes: Pixels) -> bool:
    return bool((planes[..., 0] == planes[..., 1]).all() and (planes[..., 1] == planes[..., 2]).all())


def _shrink(pixels: Pixels) -> Pixels:
    factor = SIDE / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    height, width = (max(round(side * factor), 1) for side in pixels.shape[:2])
    known = pixels if pixels.dtype in (np.uint8, np.uint16) else pixels.astype(np.float32)
    return np.asarray(cv2.resize(known, (width, height), interpolation=cv2.INTER_AREA))


def _outline(mask: Mask | None) -> tuple[str, float]:
    if mask is None or not mask.any():
        return "", 1.0
    # A path is as long as the mask's edge has pixels: of a large image, more of them than a screen shows.
    step = max(mask.shape) / _OUTLINE_SIDE
    if step <= 1:
        return trace_outline(mask), 1.0
    height, width = (max(round(side / step), 1) for side in mask.shape)
    small = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return trace_outline(small >= 0.5), step
