"""Networks as ONNX files."""

from __future__ import annotations

from pathlib import Path

from tumourflow.datasets.atomic import AtomicVersionedDataset


class OnnxDataset(AtomicVersionedDataset):
    """The bytes of an ONNX file; neither to write nor to read them are the packages of ONNX needed."""

    def _write(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)

    def _read(self, path: Path) -> bytes:
        return path.read_bytes()
