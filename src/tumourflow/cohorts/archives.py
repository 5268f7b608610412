"""Zip archives that anyone may have packed."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath

from tumourflow.errors import UserError

SPARE, SWELLING = 2**30, 20
"""An archive may unpack to this many bytes, and to this many times its size besides."""

_MOST_FILES = 100_000
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, LookupError, ValueError, UnicodeError)


def unpack(archive: Path, folder: Path, name: str) -> list[Path]:
    """Unpack a zip archive.

    Args:
        archive: The archive.
        folder: Where its files go; made where it is missing. A folder of the archive's own name, in which all its files lie, is left out.
        name: Of the archive.

    Returns:
        The files, relative to `folder`.

    Raises:
        UserError: When the archive is damaged, or names files outside the folder, links, two files alike, or more than can be meant.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            _require_safe(name, members, archive.stat().st_size)
            own = f"{Path(name).stem}/"
            own = own if all(member.filename.startswith(own) for member in members) else ""
            files = [Path(member.filename.removeprefix(own)) for member in members]
            for member, file in zip(members, files, strict=True):
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, target.open("wb") as written:
                    shutil.copyfileobj(source, written)
    except _DAMAGED as error:
        msg = f"`{name}` cannot be unpacked: {error}."
        raise UserError(msg) from error
    return files


def is_safe(name: str) -> bool:
    r"""Tell whether a path in someone else's list leads to a file below the folder that it is put in.

    Example:
        >>> [is_safe(name) for name in ("a/1.mat", "../1.mat", "/etc/passwd", "a//b", "c:1.mat", "a\n.mat", "")]
        [True, False, False, False, False, False, False]
    """
    parts = name.split("/")
    return name.isprintable() and not set(name) & set("\\:") and not set(parts) & {"", ".", ".."} and not PurePosixPath(name).is_absolute()


def _require_safe(name: str, members: list[zipfile.ZipInfo], size: int) -> None:
    unsafe = [member.filename for member in members if not is_safe(member.filename) or stat.S_ISLNK(member.external_attr >> 16)]
    twice = [file for file, times in Counter(member.filename for member in members).items() if times > 1]
    declared = sum(member.file_size for member in members)
    if unsafe:
        problem = f"it would write outside its folder: {unsafe[0]!r}"
    elif twice:
        problem = f"it holds two files called {twice[0]!r}"
    elif declared > SPARE + SWELLING * size or len(members) > _MOST_FILES:
        problem = f"{size} bytes would become {len(members)} files of {declared} bytes"
    else:
        return
    msg = f"`{name}` is not unpacked, for {problem}."
    raise UserError(msg)
