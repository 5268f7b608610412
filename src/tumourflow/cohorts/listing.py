"""Every file below a folder, and whether it has changed; the folder may lie in an object store."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tumourflow.errors import UserError

_STATES = (
    *("ETag", "etag", "md5Hash", "content_md5", "Content-MD5", "CRC"),
    *("LastModified", "last_modified", "Last-Modified", "mtime", "modified", "modify", "updated", "created"),
)
"""What stores call that which changes with a file, the surest first."""


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
    return [Path(name) for name in sorted(walk_names(root), key=lambda name: name.split("/"))]


def walk_names(root: Path) -> Iterator[str]:
    """List what `list_files` does as text, in no order, one after the other, in half the time."""
    return _walk(str(root)) if isinstance(root, Path) else iter(_find(root))


def stamp_files(root: Path, files: Iterable[Path]) -> dict[Path, str]:
    """Tell the state of files, which changes whenever they are written.

    Args:
        root: Folder of the cohort.
        files: Relative to `root`.

    Returns:
        For each file its size and the times of its last change and renaming, or what an object store tells instead; empty where the file
        is gone. Where a store tells nothing it is another text each time, so that the file is read anew.
    """
    tell_state = watch_files(root)
    return {file: tell_state(file) for file in dict.fromkeys(files)}


def watch_files(root: Path) -> Callable[[Path], str]:
    """Give what tells the state of one file after the other, as `stamp_files` does."""
    if isinstance(root, Path):
        return lambda file: _stamp(f"{root}/{file}")
    found = _find(root)
    return lambda file: found.get(file.as_posix(), "") or (_ask(root, file) if file.as_posix() in found else "")


def _walk(root: str) -> Iterator[str]:
    listed: set[str] = set()
    # Links to folders are followed last and in order, so that where a file is listed does not depend on the file system.
    links = [""]
    while links:
        folders = [links.pop(0)]
        while folders:
            folder = folders.pop()
            real = os.path.realpath(f"{root}/{folder}")
            if real in listed:
                yield folder
                continue
            listed.add(real)
            for entry in _scan(f"{root}/{folder}"):
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                elif entry.is_symlink() and os.path.isdir(entry):
                    links.append(name)
                elif _is_file(entry):
                    yield name
        links.sort()


def _scan(folder: str) -> list[os.DirEntry[str]]:
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


def _stamp(path: str) -> str:
    try:
        status = os.stat(path)
    except OSError:
        return ""
    # The time of writing goes along with a file that is renamed; that of its entry does not.
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _find(root: Any) -> dict[str, str]:
    store, base = root.fs, root.path.rstrip("/")
    try:
        store.invalidate_cache()
        listed = store.find(base, detail=True)
    # Each kind of store has errors of its own.
    except Exception as error:
        msg = f"{root} cannot be listed ({' '.join(str(error).split())}). Name a folder; credentials come from environment variables."
        raise UserError(msg) from error
    return {
        name.removeprefix(base).lstrip("/"): _describe(facts)
        for name, facts in listed.items()
        if facts.get("type") == "file" and not name.endswith("/")  # consoles show folders by means of such empty objects
    }


def _ask(root: Any, file: Path) -> str:
    # A server of web pages tells of one file what its listing does not.
    try:
        return _describe(root.fs.info((root / file.as_posix()).path)) or f"unknown {uuid.uuid4().hex}"
    except FileNotFoundError:
        return ""


def _describe(facts: dict[str, Any]) -> str:
    state = next((str(facts[key]) for key in _STATES if facts.get(key)), "")
    return f"{facts.get('size')} {state}" if state else ""
