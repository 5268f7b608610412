"""Arrays of a whole cohort, written chunk by chunk and read memory-mapped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumourflow.datasets.atomic import AtomicFolderDataset
from tumourflow.datasets.disk import require_space
from tumourflow.types import ArrayChunk

Layout = Mapping[str, tuple[str, tuple[int, ...]]]


class ArrayStore:
    """Arrays on disk and the table that describes their rows.

    Attributes:
        index: One row for each row of the arrays, in their order.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.index = pd.read_parquet(folder / "index.parquet")
        self._layout: dict[str, Any] = json.loads((folder / "layout.json").read_text())

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Map an array into memory, read-only, `(rows, ...)`."""
        dtype, shape = self._layout[name]
        rows = len(self.index)
        return np.memmap(self._folder / f"{name}.bin", dtype=dtype, mode="r", shape=(rows, *shape))


class ArrayStoreDataset(AtomicFolderDataset):
    """Takes a stream of `ArrayChunk`, hands out an `ArrayStore`.

    A version is a folder of `<array>.bin` (raw, C order), `index.parquet` and `layout.json` (dtype and shape of a row).

    Attributes:
        reserve: How much of its own size must be free on the disk once it is written, for what other rooms make of it.
    """

    def __init__(self, *, reserve: float = 0, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._reserve = reserve

    def _write(self, path: Path, data: Iterable[ArrayChunk]) -> None:
        path.mkdir()
        indices: list[pd.DataFrame] = []
        files: dict[str, BinaryIO] = {}
        layout: dict[str, tuple[str, tuple[int, ...]]] = {}
        try:
            for chunk in data:
                indices.append(chunk.index)
                for name, array in chunk.arrays.items():
                    if name not in files:
                        files[name] = (path / f"{name}.bin").open("wb")
                        layout[name] = (array.dtype.str, array.shape[1:])
                    _append(files[name], name, array, layout, len(chunk.index))
        finally:
            for file in files.values():
                file.close()
        if not indices:
            msg = f"An array store needs at least one chunk. Received: none for {path}."
            raise ValueError(msg)
        pd.concat(indices, ignore_index=True).to_parquet(path / "index.parquet", index=False)
        (path / "layout.json").write_text(json.dumps(layout))
        if self._reserve:
            require_space(path, round(self._reserve * sum(file.stat().st_size for file in path.iterdir())))

    def _read(self, path: Path) -> ArrayStore:
        return ArrayStore(path)


def _append(file: BinaryIO, name: str, array: npt.NDArray[Any], layout: Layout, rows: int) -> None:
    received = (array.dtype.str, array.shape[1:])
    if received != layout[name] or len(array) != rows:
        msg = f"Every chunk of `{name}` must have {rows} rows of {layout[name]}. Received: {len(array)} of {received}."
        raise ValueError(msg)
    file.write(np.ascontiguousarray(array).data)
