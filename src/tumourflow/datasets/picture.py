"""A picture, drawn already or still to be drawn."""

from __future__ import annotations

import base64
from pathlib import Path

from kedro_datasets._typing import ImagePreview

from tumourflow.datasets.atomic import AtomicVersionedDataset
from tumourflow.types import Figure


class PictureDataset(AtomicVersionedDataset):
    """Takes the bytes of a PNG or a figure of matplotlib, and hands out the bytes; to be loaded it needs no matplotlib."""

    def preview(self) -> ImagePreview:
        """Give the picture as Kedro-Viz shows it, base64."""
        return ImagePreview(base64.b64encode(self.load()).decode())

    def _write(self, path: Path, data: bytes | Figure) -> None:
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            data.savefig(path, format="png", dpi=110, bbox_inches="tight")

    def _read(self, path: Path) -> bytes:
        return path.read_bytes()
