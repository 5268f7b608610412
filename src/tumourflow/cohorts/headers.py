"""Headers of files, which are read again only where the file has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, TypeVar

from tumourflow.cohorts.listing import stamp_files

Found = TypeVar("Found")


class HeaderMemory(Protocol):
    """What earlier runs read of files; whatever is lost is read again."""

    def recollect(
        self, name: str, states: dict[str, str], read: Callable[[str], Found], certain: Callable[[Found], bool]
    ) -> dict[str, Found]:
        """Give what `read` finds in each file, now or when it last was in this state; only what is `certain` is remembered."""
        ...


def read_headers(
    root: Path,
    files: Iterable[Path],
    look_at: Callable[[Path, Path], Found],
    certain: Callable[[Found], bool],
    memory: HeaderMemory | None,
) -> dict[Path, Found]:
    """Look at the header of every file, those that are as they were when they were last looked at left out.

    Args:
        root: Folder of the cohort.
        files: Relative to `root`.
        look_at: Reads a file's header, given the root and the file; what it finds may be kept on disk.
        certain: Whether what was found will be found again: a file that could not be read may be readable tomorrow.
        memory: What earlier runs have read; without it every file is looked at.

    Returns:
        What was found in each file, in their order.

    Example:
        >>> read_headers(Path("/data"), [Path("a.mat")], lambda root, file: file.stem, lambda found: True, memory=None)
        {PosixPath('a.mat'): 'a'}
    """
    if memory is None:
        return {file: look_at(root, file) for file in files}
    states = {str(file): state for file, state in stamp_files(root, files).items()}
    found = memory.recollect("headers", states, lambda file: look_at(root, Path(file)), certain)
    return {Path(file): header for file, header in found.items()}
