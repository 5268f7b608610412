"""Where new images lie: a folder, a file, on this machine or in an object store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tumourflow.cohorts.folder import is_there, open_root
from tumourflow.cohorts.listing import list_files
from tumourflow.errors import UserError

HOW = "name a folder or a file of images with --params=input=PATH"


@dataclass(frozen=True)
class InputPlace:
    """What was named as input.

    Attributes:
        name: As it was named.
        root: Folder below which all files lie; a `upath.UPath` for a URL.
        files: Relative to it, sorted as text; hidden ones are left out.
    """

    name: str
    root: Path
    files: tuple[Path, ...]


def open_input(name: str | None) -> InputPlace:
    """List the files of an input.

    Args:
        name: Folder or file on this machine, or a URL such as `s3://bucket/new`. Credentials come from environment variables.

    Returns:
        The files; there is at least one.

    Raises:
        UserError: Where nothing is named, it is not there, cannot be reached, or holds no file.
    """
    if not name:
        msg = f"`input` is missing: {HOW}."
        raise UserError(msg)
    path = open_root(name, "input")
    if not is_there(path, "input"):
        msg = f"`input` does not exist: {name}. Mend the path: {HOW}."
        raise UserError(msg)
    if not path.is_dir():
        return InputPlace(name, path.parent, (Path(path.name),))
    files = tuple(file for file in list_files(path) if not any(part.startswith(".") for part in file.parts))
    if not files:
        msg = f"`input` is empty: {name} holds no file. Fill it, or {HOW}."
        raise UserError(msg)
    return InputPlace(name, path, files)


def describe_suffixes(files: Sequence[Path]) -> str:
    """Name the kinds of some files, for the sentence that says that none is an image.

    Example:
        >>> describe_suffixes([Path("a.txt"), Path("b.txt"), Path("README")])
        'no suffix, .txt'
    """
    return ", ".join(
        sorted({file.suffix.lower() or "no suffix" for file in files}, key=lambda suffix: (suffix.startswith("."), suffix))[:6]
    )
