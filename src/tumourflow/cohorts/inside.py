"""Paths that were written as absolute, and lead into the cohort's folder all the same."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath


def list_homes(root: Path) -> list[PurePosixPath]:
    """List the absolute paths under which a folder is known: as it was named, and with links followed.

    Args:
        root: The folder, which may lie in an object store.
    """
    names = (root.absolute(), root.resolve()) if isinstance(root, Path) else (root,)
    return [PurePosixPath(str(name)) for name in dict.fromkeys(names)]


def enter(path: str, homes: Iterable[PurePosixPath]) -> str:
    """Make a path that leads into a folder relative to it; any other stays as it is.

    Args:
        path: As somebody wrote it.
        homes: As `list_homes` gives them.

    Example:
        >>> [enter(path, [PurePosixPath("/data")]) for path in ("/data/a.png", "./a.png", "/else/a.png")]
        ['a.png', './a.png', '/else/a.png']
    """
    written = PurePosixPath(path)
    return next((str(written.relative_to(home)) for home in homes if written.is_relative_to(home)), path)
