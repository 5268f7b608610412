"""Canonical images, stored under the hash of their pixels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

from tumourflow.datasets.disk import write_whole
from tumourflow.datasets.handle import HandleDataset
from tumourflow.errors import UserError
from tumourflow.imaging.png import decode_png
from tumourflow.types import Mask, Pixels


class ImageSource(Protocol):
    """What the store is filled from: it asks for those images alone that it has not got."""

    @property
    def keys(self) -> Iterable[str]:
        """Keys of all images that there should be."""
        ...

    def encode(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Make the PNGs of some of them."""
        ...


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

    def holds(self, key: str) -> bool:
        """Tell whether the store has the image of a key."""
        try:
            # A file system that was switched off may keep the name and lose the content.
            return os.stat(f"{self.root}/{key[:2]}/{key}.png").st_size > 0
        except FileNotFoundError:
            return False

    def read(self, key: str) -> Pixels:
        """Read an image, `(height, width)` or `(height, width, channels)`, uint8 or uint16.

        Raises:
            UserError: If the store has no such key, as where somebody has made room on the disk.
        """
        try:
            return decode_png(self.path(key).read_bytes())
        except FileNotFoundError:
            msg = f"The image {self.path(key)}, which the table of cases names, is not there any more: put it back, or begin with the raw "
            msg += "files again: kedro run --pipeline=ingestion, then the rooms behind it."
            raise UserError(msg) from None

    def read_mask(self, key: str) -> Mask:
        """Read a mask, `(height, width)` booleans."""
        return self.read(key) > 0


class ImageStoreDataset(HandleDataset[ImageSource, ImageStore]):
    """Takes an `ImageSource`, hands out an `ImageStore`; what is there already is neither made nor written again.

    Content never changes under its key, so the store has no versions: a version of a cohort is a table of keys.
    """

    def load(self) -> ImageStore:
        """Hand out the store."""
        return ImageStore(Path(self._filepath))

    def save(self, data: ImageSource) -> None:
        """Add the images that are missing, each under its final name only when it is complete."""
        store = self.load()
        for key, png in data.encode(key for key in data.keys if not store.holds(key)):
            write_whole(store.path(key), partial(Path.write_bytes, data=png))

    def _exists(self) -> bool:
        # What is there may lack what this run adds: `kedro run --only-missing-outputs` would pass the node over.
        return False
