"""A folder of masks, each in a file of the form in which its image came."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tumourflow.datasets.atomic import AtomicFolderDataset
from tumourflow.imaging.png import decode_png
from tumourflow.types import Mask


class MaskFolder:
    """Reads the masks of a folder.

    Attributes:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> Mask:
        """Read a mask that is a PNG, `(height, width)` booleans.

        Args:
            name: Of its file, relative to the folder.

        Raises:
            FileNotFoundError: If the folder has no such file.
        """
        return decode_png((self.folder / name).read_bytes()) > 0


class MaskFolderDataset(AtomicFolderDataset):
    """Takes a stream of `(name, bytes)`, writes `<path>/<version>/<name>`, hands out a `MaskFolder`."""

    def _write(self, path: Path, data: Iterable[tuple[str, bytes]]) -> None:
        path.mkdir()
        for name, content in data:
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def _read(self, path: Path) -> MaskFolder:
        return MaskFolder(path)
