"""A lock on a file that one process has at a time, until it lets go or ends, however that comes."""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import IO

from tumourflow.datasets.disk import explain_refusal

_HELD: dict[Path, IO[bytes]] = {}
"""Open files whose locks this process has; the system takes them away when it ends."""


class ProcessLock:
    """Who has a file.

    Attributes:
        path: What is locked; the lock is a hidden file beside it, there while somebody has it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def hold(self) -> bool:
        """Have the file for this process until `release`, or until the process ends; to ask twice does no harm.

        Returns:
            Whether it could be had: not where another process has it.

        Raises:
            UserError: Where nobody may write.
        """
        try:
            import fcntl
        except ImportError:  # Windows knows no lock that ends with its process
            return True
        if self._file in _HELD:
            return True
        with explain_refusal(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self._file.open("wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        except OSError:  # a file system without locks
            pass
        _HELD[self._file] = file
        atexit.register(self.release)  # also where the run fails
        return True

    def release(self) -> None:
        """Let others have the file."""
        if file := _HELD.pop(self._file, None):
            self._file.unlink(missing_ok=True)
            file.close()

    @property
    def _file(self) -> Path:
        return self.path.with_name(f".{self.path.name}.lock")
