"""A hidden folder in which a cohort is written, and what a killed process left of one."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def partial_folder(root: Path) -> Iterator[Path]:
    """Make a hidden folder beside `root`, and remove it in the end with all that was not renamed.

    Left-overs of processes that were killed are removed first; folders in which another process is still writing are not.

    Args:
        root: Absolute path that the folder's content is going to have; the folder above it exists.

    Yields:
        An empty folder of the name of `root` inside the hidden one.
    """
    _remove_left_overs(root)
    with TemporaryDirectory(prefix=f".{root.name}.", dir=root.parent) as hidden, _locked(Path(hidden)):
        complete = Path(hidden, root.name)
        complete.mkdir()
        yield complete


def _remove_left_overs(root: Path) -> None:
    name = re.compile(rf"\.{re.escape(root.name)}\.[a-z0-9_]{{8}}")
    for folder in root.parent.iterdir():
        if name.fullmatch(folder.name) and {inner.name for inner in folder.iterdir()} <= {root.name}:
            with suppress(BlockingIOError), _locked(folder):
                shutil.rmtree(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # The system gives a lock back when its process ends, however it ends.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
