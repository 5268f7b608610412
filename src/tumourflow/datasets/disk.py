"""What a disk says when it takes no more, in a sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
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


def _refusal_in(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, OSError) and error.errno in REFUSALS:
            return REFUSALS[error.errno]
        error = error.__cause__ or error.__context__
    return None
