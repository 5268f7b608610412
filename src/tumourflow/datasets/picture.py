"""A picture that was drawn already."""

from __future__ import annotations

import base64
from pathlib import Path

from kedro_datasets._typing import ImagePreview

from tumourflow.datasets.atomic import AtomicVersionedDataset


class PictureDataset(AtomicVersionedDataset):
    """Takes and hands out the bytes of a PNG; unlike a dataset of figures it needs no matplotlib."""

    def preview(self) -> ImagePreview:
        """Give the picture as Kedro-Viz shows it, base64."""
        return ImagePreview(base64.b64encode(self.load()).decode())

    def _write(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)

    def _read(self, path: Path) -> bytes:
        return path.read_bytes()
