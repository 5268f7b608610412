"""An SQLite file of what could be found out again, so that whatever befalls it costs time and never a run."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

_SECONDS_TO_WAIT = 60

logger = logging.getLogger(__name__)


class CacheFile:
    """A database that runs at the same time wait for; one that is damaged is begun anew.

    Attributes:
        path: The file, made when it is first used.
        layout: Statements that make its tables where they are not there.
    """

    def __init__(self, path: Path, layout: Sequence[str]) -> None:
        self.path = path
        self.layout = layout

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Do something with the database, all of it or nothing.

        Args:
            work: Takes the connection; done once more where the file was damaged.

        Returns:
            What it gave; none where the file cannot be used, which is told in the log.
        """
        try:
            return self._attempt(work)
        except (sqlite3.OperationalError, sqlite3.DataError) as error:  # a data error: a result too large for SQLite
            logger.warning("%s cannot be used (%s): everything is inspected again.", self.path, error)
        except sqlite3.DatabaseError:
            self.path.unlink(missing_ok=True)
            return self._attempt(work)
        return None

    def _attempt(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=_SECONDS_TO_WAIT)) as database, database:
            for statement in self.layout:
                database.execute(statement)
            return work(database)
