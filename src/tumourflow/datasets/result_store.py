"""Results that later runs take over, each under the fingerprint of what it follows from."""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tumourflow.datasets.disk import explain_refusal
from tumourflow.datasets.handle import HandleDataset
from tumourflow.errors import UserError

_LAYOUT = "CREATE TABLE IF NOT EXISTS results (name BLOB PRIMARY KEY, fingerprint TEXT NOT NULL, result BLOB NOT NULL) WITHOUT ROWID"
_SECONDS_TO_WAIT = 60


class ResultStore:
    """Results in an SQLite file: what a killed run has kept is there for the next one.

    Only the last result of a name is kept, so that the file does not grow. Names are kept as hashes: they may be names of people. A file
    that is damaged is begun anew.

    Attributes:
        path: The file, made when it is first used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, fingerprints: Mapping[str, str]) -> set[str]:
        """Tell of which names there is a result under just this fingerprint.

        Args:
            fingerprints: By name.

        Raises:
            UserError: Where the file cannot be read now, for example as another run holds it.
        """
        if not self.path.exists():
            return set()
        try:
            with self._open() as database:
                known = dict(database.execute("SELECT name, fingerprint FROM results").fetchall())
        except sqlite3.OperationalError as error:
            msg = f"{self.path} cannot be read ({error}). Wait for the run that uses it, or mend its permissions, then run again."
            raise UserError(msg) from error
        except sqlite3.DatabaseError:
            self.path.unlink(missing_ok=True)
            return set()
        return {name for name, fingerprint in fingerprints.items() if known.get(_hash(name)) == fingerprint}

    def read(self, name: str) -> Any:
        """Read the result of a name.

        Raises:
            KeyError: Where there is none.
        """
        with self._open() as database:
            row = database.execute("SELECT result FROM results WHERE name = ?", (_hash(name),)).fetchone()
        if row is None:
            raise KeyError(name)
        return pickle.loads(row[0])

    def write(self, results: Iterable[tuple[str, str, Any]]) -> None:
        """Keep results in place of those of the same names; all of them or none.

        Args:
            results: Name, fingerprint, and whatever can be pickled.

        Raises:
            UserError: Where the disk takes no more.
        """
        rows = [(_hash(name), fingerprint, pickle.dumps(result)) for name, fingerprint, result in results]
        with explain_refusal(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with self._open() as database, database:
                    database.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
            except sqlite3.OperationalError as error:
                # SQLite has errors of its own for a disk that is full, or that nobody may write to.
                msg = f"{self.path} could not be written ({error}). Free some space or mend its permissions, then run again: "
                msg += "what was inspected so far is kept."
                raise UserError(msg) from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=_SECONDS_TO_WAIT)) as database:
            database.execute(_LAYOUT)
            yield database


class ResultStoreDataset(HandleDataset[None, ResultStore]):
    """Hands out a `ResultStore`, which is read and written while a run goes on.

    It has no versions: it holds nothing that could not be computed again.
    """

    def load(self) -> ResultStore:
        """Hand out the store, which may be empty."""
        return ResultStore(Path(self._filepath))


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogateescape")).digest()
