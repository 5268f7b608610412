"""Arrays become PNG and come back as they were."""

from __future__ import annotations

import cv2
import numpy as np

from tumourflow.types import Pixels


def encode_png(pixels: Pixels) -> bytes:
    """Encode an image as PNG; other threads go on meanwhile.

    Args:
        pixels: `(height, width)` or `(height, width, channels)` with 3 or 4 channels, uint8, uint16 or bool.

    Returns:
        The file's bytes, the same for the same pixels.

    Raises:
        ValueError: If PNG has no such dtype or number of channels, or no side so long.
    """
    array = pixels.astype(np.uint8) * 255 if pixels.dtype == bool else pixels
    # OpenCV would round other dtypes to 8 bits without a word.
    if array.dtype not in (np.uint8, np.uint16) or array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,)):
        msg = f"PNG stores uint8 or uint16 with 1, 3 or 4 channels. Received: {pixels.dtype} of shape {pixels.shape}."
        raise ValueError(msg)
    written, encoded = cv2.imencode(".png", _reverse_colours(array))
    if not written:
        msg = f"An image of {' x '.join(map(str, array.shape))} cannot be written as PNG."
        raise ValueError(msg)
    return encoded.tobytes()


def decode_png(data: bytes) -> Pixels:
    """Decode a PNG written by `encode_png`.

    Raises:
        ValueError: If it is damaged.

    Example:
        >>> decode_png(encode_png(np.array([[1, 2]], np.uint16))).tolist()
        [[1, 2]]
    """
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None:
        msg = "The image store holds a damaged PNG: delete the store's folder and run the ingestion again."
        raise ValueError(msg)
    return np.ascontiguousarray(_reverse_colours(pixels))


def _reverse_colours(pixels: Pixels) -> Pixels:
    # OpenCV writes and reads blue, green, red.
    if pixels.ndim == 2:
        return pixels
    order = [2, 1, 0, 3][: pixels.shape[2]] if pixels.shape[2] >= 3 else [0]
    return pixels[..., order]
