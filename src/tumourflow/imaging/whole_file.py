"""Files that appear whole or not at all, for libraries that want a path to write to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_whole(target: Path) -> Iterator[Path]:
    """Give the path that is to be written to; what lies there takes its final name once it is complete.

    Args:
        target: Final name; an older file of that name stays until then. Missing folders are made.

    Yields:
        A hidden file beside `target`, with its suffixes, by which libraries choose formats. Where writing fails it is removed.
    """
    partial = target.with_name(f".partial.{target.name}")
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
