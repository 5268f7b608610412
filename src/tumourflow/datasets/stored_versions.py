"""What lies below data/ of one cohort, version by version, and its removal."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from tumourflow.cohorts.union import read_manifests
from tumourflow.datasets.disk import explain_refusal
from tumourflow.datasets.handle import HandleDataset
from tumourflow.datasets.version_name import version_time

RAW = "01_raw"
"""Layer that is only read."""
_LEFTOVER = re.compile(r"\.(?P<version>.+)\.(partial|pruned)")
_COLUMNS = ["dataset", "version", "begun", "leftover", "files", "bytes"]


@dataclass(frozen=True)
class Removal:
    """What is to be removed.

    Attributes:
        versions: Dataset, as `<layer>/<cohort>/<name>`, and the name of the folder of each version.
        images: Paths of images in the store.
    """

    versions: tuple[tuple[str, str], ...] = ()
    images: tuple[Path, ...] = ()


class StoredVersions:
    """Lists and removes versions in `<root>/<layer>/<cohort>/`, and nothing elsewhere; symbolic links are neither followed nor removed.

    Attributes:
        root: The folder data/.
        cohort: Name of the cohort.
    """

    def __init__(self, root: Path, cohort: str) -> None:
        self.root = root
        self.cohort = cohort

    @property
    def images(self) -> str:
        """The store of images, below the root."""
        return f"02_intermediate/{self.cohort}/images"

    @property
    def cases(self) -> str:
        """The table of cases, below the root."""
        return f"03_primary/{self.cohort}/cases.parquet"

    def list_versions(self) -> pd.DataFrame:
        """List all versions, and what killed runs have left of some.

        Returns:
            `dataset, version, begun, leftover, files, bytes`, one row a folder: its name is the version, or a hidden one made of it.
        """
        rows = []
        for dataset, folder, begun in self._folders():
            files, size = _measure(folder)
            rows.append((dataset, folder.name, begun, folder.name.startswith("."), files, size))
        return pd.DataFrame(rows, columns=_COLUMNS)

    def read_manifests(self) -> dict[str, dict[str, Any]]:
        """Read the manifests of all runs that have finished, by their version, in the order of their ends."""
        found = self.root.glob(f"08_reporting/{self.cohort}/run_manifest.json/*/run_manifest.json")
        return read_manifests(found)

    def read_reports(self, versions: Iterable[tuple[str, str]]) -> Iterator[Any]:
        """Read the JSON files of the reporting layer among some versions of datasets."""
        for dataset, version in versions:
            path = self.root / dataset / version / PurePosixPath(dataset).name
            if dataset.startswith("08_reporting/") and path.suffix == ".json" and path.is_file():
                yield json.loads(path.read_text())

    def read_image_keys(self, versions: Iterable[str]) -> set[str]:
        """Read which images and masks some versions of the table of cases point at."""
        keys: set[str] = set()
        for version in versions:
            path = self.root / self.cases / version / "cases.parquet"
            if not path.is_file():
                continue
            cases = pd.read_parquet(path, columns=["image", "mask"])
            keys |= set(cases["image"]) | set(cases["mask"])
        return keys

    def list_images(self, keys: set[str], before: datetime) -> list[tuple[Path, int]]:
        """List the images of the store that are not among some keys.

        Args:
            keys: Of images that are needed.
            before: What was written at this time or later is left out.

        Returns:
            Path and bytes of each.
        """
        store = self.root / self.images
        if _leads_elsewhere(self.root, store):
            return []
        found = []
        for path in sorted(store.glob("??/*.p*")):
            facts = path.lstat()
            # What is left of a write that was killed has no key for a name.
            known = path.suffix == ".png" and path.stem in keys
            if not (known or path.is_symlink() or path.parent.is_symlink() or facts.st_mtime >= before.timestamp()):
                found.append((path, facts.st_size))
        return found

    def remove(self, removal: Removal) -> None:
        """Remove versions, each at once out of its place and then from the disk, and images."""
        wanted = set(removal.versions)
        for dataset, folder, _ in list(self._folders()):
            if (dataset, folder.name) in wanted:
                with explain_refusal(folder):
                    _remove_version(folder)
        store = self.root / self.images
        for path in removal.images:
            if path.parent.parent == store and not path.is_symlink():
                with explain_refusal(path):
                    path.unlink(missing_ok=True)

    def _folders(self) -> Iterator[tuple[str, Path, datetime]]:
        for home in sorted(self.root.glob(f"*/{self.cohort}")):
            if home.parent.name == RAW or _leads_elsewhere(self.root, home):
                continue
            for dataset in _subfolders(home):
                for folder in _subfolders(dataset):
                    left = _LEFTOVER.fullmatch(folder.name)
                    version = left["version"] if left else folder.name
                    if begun := version_time(version):
                        yield dataset.relative_to(self.root).as_posix(), folder, begun


class StoredVersionsDataset(HandleDataset[Removal, StoredVersions]):
    """Hands out a `StoredVersions`; what is saved is removed.

    Attributes:
        filepath: The folder `<data>/<any layer>/<cohort>`, of which only the first and the last part count.
    """

    def load(self) -> StoredVersions:
        """Hand out what is stored."""
        return StoredVersions(Path(self._filepath.parent.parent), self._filepath.name)

    def save(self, data: Removal) -> None:
        """Remove what was decided to be removed."""
        self.load().remove(data)


def _subfolders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))


def _leads_elsewhere(root: Path, folder: Path) -> bool:
    """Tell whether a folder, or one on the way to it from the root, is a link or not there."""
    way = [folder, *folder.parents]
    return any(step.is_symlink() or not step.is_dir() for step in way[: way.index(root)])


def _measure(folder: Path) -> tuple[int, int]:
    files, size = 0, 0
    for parent, _, names in os.walk(folder):
        files += len(names)
        size += sum(os.lstat(os.path.join(parent, name)).st_size for name in names)
    return files, size


def _remove_version(folder: Path) -> None:
    # Under a hidden name it is no version any more, so that none is ever loaded of which half is gone.
    hidden = folder if folder.name.startswith(".") else folder.with_name(f".{folder.name}.pruned")
    if hidden != folder:
        if hidden.exists():
            shutil.rmtree(hidden)
        folder.rename(hidden)
    shutil.rmtree(hidden)
