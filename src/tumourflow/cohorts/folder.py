"""What every reader asks of a folder before it looks at names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tumourflow.errors import UserError


def list_files(root: Path) -> list[Path]:
    """List every regular file below a folder, linked folders included.

    Args:
        root: Folder that exists.

    Returns:
        Paths relative to `root`, sorted as text, hidden files among them.

    Raises:
        UserError: When a folder below cannot be opened, for its files would be lost without a word.
    """
    found: list[Path] = []
    visited: set[str] = set()
    for folder, below, names in os.walk(root, onerror=_refuse, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:  # a link that leads back up
            below.clear()
            continue
        visited.add(real)
        found += [Path(folder, name).relative_to(root) for name in names if Path(folder, name).is_file()]
    return sorted(found)


def require_files(root: Path, layout: str) -> list[Path]:
    """List the files of a cohort's folder, or say in a sentence that there is nothing to list.

    Args:
        root: Folder of the cohort.
        layout: What should lie there, for the sentence.

    Returns:
        Paths relative to `root`, sorted as text.

    Raises:
        UserError: When the folder is missing, is no folder, or holds no file.
    """
    if not root.exists():
        msg = f"`raw_root` does not exist: {root}. It should hold {layout}; name the folder with --params=raw_root=PATH."
        raise UserError(msg)
    if not root.is_dir():
        msg = f"`raw_root` is no folder: {root}. It should be a folder that holds {layout}; unpack an archive first."
        raise UserError(msg)
    files = list_files(root)
    if not files:
        msg = f"`raw_root` is empty: {root}. It should hold {layout}; fill it or name another with --params=raw_root=PATH."
        raise UserError(msg)
    return files


def describe(files: Iterable[Path]) -> str:
    """Name the first few entries of a folder, for the sentence that says what was found instead.

    Args:
        files: Paths relative to the folder.

    Returns:
        Names of the entries on the top level, folders with a slash.

    Example:
        >>> describe([Path("a/1.png"), Path("a/2.png"), Path("notes.txt")])
        '`a/`, `notes.txt`'
    """
    entries = list(dict.fromkeys(f"`{path.parts[0]}{'/' if len(path.parts) > 1 else ''}`" for path in files))
    more = f" and {len(entries) - 4} more" if len(entries) > 4 else ""
    return ", ".join(entries[:4]) + more


def _refuse(error: OSError) -> None:
    msg = f"A folder of the cohort cannot be opened: {error.filename} ({error.strerror}). Mend its permissions or leave it out."
    raise UserError(msg)
