"""What every reader asks of a folder before it looks at names; the folder may lie in an object store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

from tumourflow.cohorts.listing import list_files
from tumourflow.errors import UserError


def open_root(raw_root: str, parameter: str = "raw_root") -> Path:
    """Make a path of a folder's name.

    Args:
        raw_root: Folder on this machine, or a URL such as `s3://bucket/cohort`. Credentials come from environment variables.
        parameter: Who names it, for the sentence.

    Returns:
        A `pathlib.Path`, or a `upath.UPath`, which does the same for a URL.

    Raises:
        UserError: When nothing installed here understands the URL, or the store does not answer.

    Example:
        >>> open_root("data/01_raw/lgg")
        PosixPath('data/01_raw/lgg')
    """
    scheme, separator, rest = raw_root.partition("://")
    if not separator or scheme == "file":
        return Path(rest or raw_root).expanduser()
    from upath import UPath

    try:
        root = UPath(raw_root)
        _ = root.fs
    except (ImportError, ValueError) as error:
        msg = f"`{parameter}` is {raw_root}, but nothing that is installed understands {scheme}://. For s3:// install s3fs. ({error})"
        raise UserError(msg) from error
    except OSError as error:
        raise _explain_distance(parameter, raw_root, error) from error
    return cast("Path", root)


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
    if not is_there(root):
        hidden = "" if isinstance(root, Path) else ", or these credentials do not show it"
        msg = f"`raw_root` does not exist{hidden}: {root}. It should hold {layout}; name the folder with --params=raw_root=PATH."
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


def is_there(root: Path, parameter: str = "raw_root") -> bool:
    """Tell whether a folder or file is there.

    Args:
        root: What `open_root` gave.
        parameter: Who names it, for the sentence.

    Raises:
        UserError: Where the store that it lies in cannot be reached.
    """
    if isinstance(root, Path):
        return root.exists()
    try:
        return root.exists()
    # Each kind of store has errors of its own.
    except Exception as error:
        raise _explain_distance(parameter, root, error) from error


def _explain_distance(parameter: str, root: object, error: Exception) -> UserError:
    what = " ".join(str(error).split())
    return UserError(f"`{parameter}` cannot be reached: {root} ({what}). Credentials come from environment variables.")
