"""Files that are whole or not there, and what a disk says when it takes no more, in a sentence."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tumourflow.errors import UserError

REFUSALS = {
    errno.ENOSPC: "No space is left on the disk: free some",
    errno.EDQUOT: "Your quota on the disk is used up: free some space",
    errno.EACCES: "Writing is not allowed there: change the permissions",
    errno.EPERM: "Writing is not allowed there: change the permissions",
    errno.EROFS: "The disk is read-only: choose another place for the project",
}


@contextmanager
def explain_refusal(path: Path) -> Iterator[None]:
    """Turn the error of a full or forbidden disk into one for the user, also where a library has wrapped it.

    Args:
        path: What is being written.

    Raises:
        UserError: Where the disk refuses.
    """
    try:
        yield
    except Exception as error:
        reason = _refusal_in(error)
        if reason is None:
            raise
        msg = f"{path} could not be written. {reason}, then run again; earlier versions are untouched."
        raise UserError(msg) from error


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under a hidden name beside its place, which it takes only when it is complete.

    Args:
        path: Its place; an older file there is replaced, folders on the way are made.
        write: Writes the file where it is told; the suffix is that of its place, by which some libraries tell what to write.

    Raises:
        UserError: Where the disk refuses.
    """
    partial = path.with_name(f".{path.stem}.{os.getpid()}-{threading.get_ident()}.partial{path.suffix}")
    with explain_refusal(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def require_space(path: Path, wanted: int) -> None:
    """Refuse to go on where the disk has too little left for what is to come.

    Args:
        path: Anything on that disk.
        wanted: Bytes.

    Raises:
        UserError: Naming what is free and what is needed.
    """
    free = shutil.disk_usage(path).free
    if free < wanted:
        msg = f"The disk of {path} has {free / 1e9:.1f} GB left, and the rooms that follow write about {wanted / 1e9:.1f} GB."
        msg += " Free some space, or lower `preparation.size`, then run again; earlier versions are untouched."
        raise UserError(msg)


def _refusal_in(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, OSError) and error.errno in REFUSALS:
            return REFUSALS[error.errno]
        error = error.__cause__ or error.__context__
    return None
