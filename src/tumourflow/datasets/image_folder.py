"""A folder of one PNG a case."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tumourflow.datasets.atomic import AtomicFolderDataset
from tumourflow.imaging.png import decode_png, encode_png
from tumourflow.types import Mask, Pixels


class ImageFolder:
    """Reads the images of a folder by the name of their case.

    Attributes:
        folder: Folder that holds `<case_id>.png`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, case_id: str) -> Mask:
        """Read the mask of a case, `(height, width)` booleans.

        Raises:
            FileNotFoundError: If the folder has no such case.
        """
        return decode_png((self.folder / f"{case_id}.png").read_bytes()) > 0


class ImageFolderDataset(AtomicFolderDataset):
    """Takes a stream of `(case_id, pixels)`, writes `<path>/<version>/<case_id>.png`, hands out an `ImageFolder`."""

    def _write(self, path: Path, data: Iterable[tuple[str, Pixels]]) -> None:
        path.mkdir()
        for case_id, pixels in data:
            file = path / f"{case_id}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(encode_png(pixels))

    def _read(self, path: Path) -> ImageFolder:
        return ImageFolder(path)
