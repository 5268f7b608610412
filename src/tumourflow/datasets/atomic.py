"""Versions that appear whole or not at all."""

from __future__ import annotations

import contextlib
import functools
import shutil
from abc import abstractmethod
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, DatasetError, Version
from kedro.io.core import parse_dataset_definition

from tumourflow.datasets.disk import explain_refusal


class AtomicVersionedDataset(AbstractVersionedDataset[Any, Any]):
    """Base of every dataset that writes: first under a hidden name beside its place, then one rename.

    A run that is killed leaves at most `<path>/.<version>.partial`, which no later run takes for a version.

    Subclasses write a file or a folder in `_write` and read it in `_read`.
    """

    def __init__(self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        super().__init__(filepath=PurePosixPath(filepath), version=version)

    @abstractmethod
    def _write(self, path: Path, data: Any) -> None: ...

    @abstractmethod
    def _read(self, path: Path) -> Any: ...

    def save(self, data: Any) -> None:
        """Write a new version; an existing one is never touched."""
        final = Path(self._get_save_path())
        folder = Path(self._filepath) / str(self.resolve_save_version()) if self._version else final
        partial = folder.with_name(f".{folder.name}.partial")
        target = partial / final.relative_to(folder)
        try:
            with explain_refusal(final):
                _remove(partial)
                target.parent.mkdir(parents=True, exist_ok=True)
                self._write(target, data)
                if not self._version:
                    _remove(final)
                partial.rename(folder)
        finally:
            with contextlib.suppress(OSError):
                _remove(partial)

    def load(self) -> Any:
        """Read the pinned version, else the newest complete one."""
        return self._read(Path(self._get_load_path()))

    def _exists(self) -> bool:
        return Path(self._get_load_path()).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


class AtomicFolderDataset(AtomicVersionedDataset):
    """Base of datasets that are a folder; a version is `<path>/<version>/` itself."""

    def _get_versioned_path(self, version: str) -> PurePosixPath:
        return PurePosixPath(super()._get_versioned_path(version)).parent

    def _get_version_from_path(self, path: str) -> str:
        return PurePosixPath(path).name

    def _fetch_latest_load_version(self) -> str:
        if self._cached_load_version is None:
            versions = self._get_versions()
            if not versions:
                msg = f"Did not find any versions for {self}"
                raise DatasetError(msg)
            self._cached_load_version = self._get_version_from_path(versions[0])
        return self._cached_load_version


class AtomicDataset(AtomicVersionedDataset):
    """Any single-file dataset of kedro-datasets, written atomically and previewed as before.

    Example of a catalog entry:
        ```yaml
        cases:
          type: tumourflow.datasets.AtomicDataset
          dataset: pandas.ParquetDataset
          filepath: data/03_primary/lgg/cases.parquet
          versioned: true
        ```

    Attributes:
        dataset: Type of the dataset, or a dictionary of it and its arguments.
    """

    def __init__(
        self,
        *,
        filepath: str,
        dataset: str | dict[str, Any],
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, version=version, metadata=metadata)
        self._definition = {"type": dataset} if isinstance(dataset, str) else dict(dataset)

    def __getattr__(self, name: str) -> Any:
        """Give `preview`, where the dataset has one.

        Kedro-Viz asks for it and a run does not; only then, and to write or read, is the class loaded: those of all figures in the
        catalog would load matplotlib for runs that draw nothing.
        """
        preview = getattr(self._parsed[0], name, None) if name == "preview" else None
        if preview is None:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)

        # Kedro-Viz reads the kind of a preview off the method's return annotation, which `wraps` carries over.
        @functools.wraps(preview)
        def preview_latest(**arguments: Any) -> Any:
            return self._inner(Path(self._get_load_path())).preview(**arguments)

        return preview_latest

    @functools.cached_property
    def _parsed(self) -> tuple[Any, dict[str, Any]]:
        inner, arguments = parse_dataset_definition(self._definition)
        return inner, arguments

    def _inner(self, path: Path) -> Any:
        inner, arguments = self._parsed
        return inner(filepath=str(path), **arguments)

    def _write(self, path: Path, data: Any) -> None:
        self._inner(path).save(data)

    def _read(self, path: Path) -> Any:
        return self._inner(path).load()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
