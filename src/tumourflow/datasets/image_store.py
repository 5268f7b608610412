"""Canonical images, stored under the hash of their pixels."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
from kedro.io import AbstractDataset

from tumourflow.datasets.disk import explain_refusal
from tumourflow.types import Mask, Pixels


class ImageStore:
    """Reads images and masks by their key.

    Attributes:
        root: Folder of the store; `<first two digits>/<key>.png` below it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Tell where the image of a key lies."""
        return self.root / key[:2] / f"{key}.png"

    def read(self, key: str) -> Pixels:
        """Read an image, `(height, width)` or `(height, width, channels)`, uint8 or uint16.

        Raises:
            FileNotFoundError: If the store has no such key.
        """
        return decode_png(self.path(key).read_bytes())

    def read_mask(self, key: str) -> Mask:
        """Read a mask, `(height, width)` booleans."""
        return self.read(key) > 0


class ImageStoreDataset(AbstractDataset[Iterable[tuple[str, Pixels]], ImageStore]):
    """Takes a stream of `(key, pixels)`, hands out an `ImageStore`; what is there already is not written again.

    Content never changes under its key, so the store has no versions: a version of a cohort is a table of keys.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = PurePosixPath(filepath)
        self.metadata = metadata

    def load(self) -> ImageStore:
        """Hand out the store."""
        return ImageStore(Path(self._filepath))

    def save(self, data: Iterable[tuple[str, Pixels]]) -> None:
        """Add the images that are missing, each under its final name only when it is complete."""
        store = self.load()
        for key, pixels in data:
            path = store.path(key)
            if not path.exists():
                with explain_refusal(path):
                    _write_whole(path, encode_png(pixels))

    def _exists(self) -> bool:
        return Path(self._filepath).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def encode_png(pixels: Pixels) -> bytes:
    """Encode an image as PNG.

    Args:
        pixels: `(height, width)` or `(height, width, channels)` with 3 or 4 channels, uint8, uint16 or bool.

    Raises:
        ValueError: If PNG has no such dtype or number of channels.
    """
    array = pixels.astype(np.uint8) * 255 if pixels.dtype == bool else pixels
    # OpenCV would round other dtypes to 8 bits without a word.
    if array.dtype not in (np.uint8, np.uint16) or array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,)):
        msg = f"PNG stores uint8 or uint16 with 1, 3 or 4 channels. Received: {pixels.dtype} of shape {pixels.shape}."
        raise ValueError(msg)
    _, encoded = cv2.imencode(".png", _reverse_colours(array))
    return encoded.tobytes()


def decode_png(data: bytes) -> Pixels:
    """Decode a PNG written by `encode_png`."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
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
