"""What every reader asks of a folder before it looks at names; the folder may lie in an object store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from tumourflow.errors import UserError

_STATES = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "last_modified", "mtime", "updated", "created")


def open_root(raw_root: str) -> Path:
    """Make a path of a folder's name.

    Args:
        raw_root: Folder on this machine, or a URL such as `s3://bucket/cohort`. Credentials come from environment variables.

    Returns:
        A `pathlib.Path`, or a `upath.UPath`, which does the same for a URL.

    Raises:
        UserError: When nothing installed here understands the URL.

    Example:
        >>> open_root("data/01_raw/lgg")
        PosixPath('data/01_raw/lgg')
    """
    scheme, separator, rest = raw_root.partition("://")
    if not separator or scheme == "file":
        return Path(rest or raw_root)
    from upath import UPath

    try:
        root = UPath(raw_root)
        _ = root.fs
    except (ImportError, ValueError) as error:
        msg = f"`raw_root` is {raw_root}, but nothing that is installed understands {scheme}://. For s3:// install s3fs. ({error})"
        raise UserError(msg) from error
    return cast("Path", root)


def list_files(root: Path) -> list[Path]:
    """List every file below a folder, linked folders included.

    A link that leads nowhere, into a circle, or to a folder that was listed already counts as a file, so that it can be accounted for;
    pipes, sockets and devices are no files.

    Args:
        root: Folder that exists.

    Returns:
        Paths relative to `root`, sorted as text, hidden files among them.

    Raises:
        UserError: When a folder below cannot be opened, for its files would be lost without a word.
    """
    return sorted(Path(name) for name in (_walk(root) if isinstance(root, Path) else _find(root)))


def stamp_files(root: Path, files: Iterable[Path]) -> dict[Path, str]:
    """Tell the state of files, which changes whenever they are written.

    Args:
        root: Folder of the cohort.
        files: Relative to `root`.

    Returns:
        For each file size and time of its last change, or what an object store tells instead; empty where the file is gone.
    """
    if isinstance(root, Path):
        return {file: _stamp(root / file) for file in dict.fromkeys(files)}
    found = _find(root)
    return {file: found.get(file.as_posix(), "") for file in files}


def require_files(root: Path, layout: str) -> list[Path]:
    """List the files of a cohort's folder, or say in a sentence that there is nothing to list.

    Args:
        root: Folder of the cohort.
        layout: What should lie there, for the sentence.

    Returns:
        Paths relative to `root`, sorted as text.

    Raises:
        UserError: When the folder is missing, is no folder, cannot be reached, or holds no file.
    """
    if not _exists(root):
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


def _walk(root: Path) -> Iterator[str]:
    listed: set[str] = set()
    # Links to folders are followed last and in order, so that where a file is listed does not depend on the file system.
    links = [""]
    while links:
        folders = [links.pop(0)]
        while folders:
            folder = folders.pop()
            real = os.path.realpath(root / folder)
            if real in listed:
                yield folder
                continue
            listed.add(real)
            for entry in _scan(root / folder):
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                elif entry.is_symlink() and os.path.isdir(entry):
                    links.append(name)
                elif _is_file(entry):
                    yield name
        links.sort()


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        msg = f"A folder of the cohort cannot be opened: {error.filename} ({error.strerror}). Mend its permissions or leave it out."
        raise UserError(msg) from error


def _is_file(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink() and not os.path.exists(entry):
        return True
    return entry.is_file()


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def _exists(root: Path) -> bool:
    if isinstance(root, Path):
        return root.exists()
    try:
        return root.exists()
    # Each kind of store has errors of its own.
    except Exception as error:
        msg = f"`raw_root` cannot be reached: {root} ({' '.join(str(error).split())}). Credentials come from environment variables."
        raise UserError(msg) from error


def _find(root: Any) -> dict[str, str]:
    store, base = root.fs, root.path.rstrip("/")
    store.invalidate_cache()
    found = {}
    for name, facts in store.find(base, detail=True).items():
        if facts.get("type") == "file" and not name.endswith("/"):  # consoles show folders by means of such empty objects
            state = next((str(facts[key]) for key in _STATES if facts.get(key)), "")
            found[name.removeprefix(base).lstrip("/")] = f"{facts.get('size')} {state}"
    return found
