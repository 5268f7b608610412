"""What earlier runs found in the files of a cohort, and what they computed of it, so that a later run need not look again."""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

from tumourflow.datasets.cache_file import CacheFile
from tumourflow.datasets.fact_text import Facts, decode_facts, encode_facts
from tumourflow.datasets.fingerprint import take_fingerprint
from tumourflow.datasets.handle import HandleDataset

Result = TypeVar("Result")

# Several rows of facts fit into a page of this size, none into one of SQLite's usual size.
_LAYOUT = (
    "PRAGMA page_size = 16384",
    "CREATE TABLE IF NOT EXISTS inspections"
    " (case_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, facts TEXT NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS results (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, result BLOB NOT NULL)",
)
_AT_ONCE = 500  # SQLite may take no more than 999 names in one question


class FactCache:
    """Facts and results in an SQLite file: a killed run loses a few rows, and runs at the same time wait for one another.

    Only the last fingerprint of a case and of a result is kept, so that the file does not grow. A file that is damaged is begun anew.

    Attributes:
        path: The file, made when it is first used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = CacheFile(path, _LAYOUT)

    def find(self, fingerprints: Mapping[str, str]) -> set[str]:
        """Tell of which cases there are facts under just this fingerprint.

        Args:
            fingerprints: By case id.

        Returns:
            Their ids.
        """
        return self._file.run(lambda database: _find_same(database, fingerprints)) or set()

    def read(self, fingerprints: Mapping[str, str]) -> dict[str, Facts]:
        """Read the facts of some cases.

        Args:
            fingerprints: By case id.

        Returns:
            Facts by case id, without cases of which there are none under this fingerprint.
        """
        rows = self._file.run(lambda database: list(_select("case_id, fingerprint, facts, bytes", fingerprints, database))) or []
        return {case_id: decode_facts(text, data) for case_id, fingerprint, text, data in rows if fingerprints[case_id] == fingerprint}

    def write(self, fingerprints: Mapping[str, str], facts: Iterable[Facts]) -> None:
        """Keep facts in place of what was known of the same cases; all of them or none.

        Args:
            fingerprints: By case id.
            facts: Each with its `case_id`.
        """
        rows = [(each["case_id"], fingerprints[each["case_id"]], *encode_facts(each)) for each in facts]
        if rows:
            self._file.run(lambda database: database.executemany("INSERT OR REPLACE INTO inspections VALUES (?, ?, ?, ?)", rows))

    def recall(
        self, name: str, inputs: Sequence[object], compute: Callable[[], Result], certain: Callable[[Result], bool] = lambda _: True
    ) -> Result:
        """Give the result of a computation, which is made only where its inputs or the code have changed since it last was.

        Args:
            name: Of the result.
            inputs: All that it follows from besides the code: tables, and values whose `repr` tells them apart.
            compute: Makes it; whatever can be pickled.
            certain: Whether to remember the result.

        Returns:
            What `compute` gave, now or in an earlier run.
        """
        fingerprint = take_fingerprint(inputs)
        earlier: list[Result] = self._take(name, fingerprint)
        if earlier:
            return earlier[0]
        result = compute()
        if certain(result):
            self._put(name, fingerprint, result)
        return result

    def renew(self, name: str, inputs: Sequence[object], compute: Callable[[Result | None], Result]) -> Result:
        """Give a computation what it gave last time, and keep what it gives now.

        Args:
            name: Of the result.
            inputs: What both have to agree in, besides the code.
            compute: Makes the result from the last one, if there is one; whatever can be pickled.

        Returns:
            What `compute` gave.
        """
        fingerprint = take_fingerprint(inputs)
        earlier: list[Result] = self._take(name, fingerprint)
        result = compute(earlier[0] if earlier else None)
        self._put(name, fingerprint, result)
        return result

    def recollect(
        self, name: str, states: dict[str, str], read: Callable[[str], Result], certain: Callable[[Result], bool]
    ) -> dict[str, Result]:
        """Give what is read of each file, which is done only where its state or the code has changed since it last was.

        Args:
            name: Of what is read.
            states: State of each file; empty where it is not known, so that the file is read. Names are kept as hashes: they may be names
                of people.
            read: Reads one; whatever can be pickled.
            certain: Whether to remember what was read.

        Returns:
            What was read of each, in their order.
        """
        fingerprint = take_fingerprint([])
        earlier: list[dict[bytes, tuple[str, Result]]] = self._take(name, fingerprint)
        known = earlier[0] if earlier else {}
        found: dict[str, Result] = {}
        kept: dict[bytes, tuple[str, Result]] = {}
        for file, state in states.items():
            key = hashlib.sha256(file.encode(errors="surrogateescape")).digest()
            then, value = known.get(key, ("", None))
            found[file] = cast("Result", value) if state and then == state else read(file)
            if state and certain(found[file]):
                kept[key] = (state, found[file])
        if kept != known:
            self._put(name, fingerprint, kept)
        return found

    def _take(self, name: str, fingerprint: str) -> list[Any]:
        known = "SELECT result FROM results WHERE name = ? AND fingerprint = ?"
        rows = self._file.run(lambda database: database.execute(known, (name, fingerprint)).fetchall())
        return [pickle.loads(row[0]) for row in rows or []]

    def _put(self, name: str, fingerprint: str, result: object) -> None:
        row = (name, fingerprint, pickle.dumps(result))
        self._file.run(lambda database: database.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", row))


class FactCacheDataset(HandleDataset[None, FactCache]):
    """Hands out a `FactCache`, which whoever inspects and computes reads and writes as he goes.

    It has no versions: it holds nothing that could not be found out again.
    """

    def load(self) -> FactCache:
        """Hand out the cache, which may be empty."""
        return FactCache(Path(self._filepath))


def _find_same(database: sqlite3.Connection, fingerprints: Mapping[str, str]) -> set[str]:
    rows = _select("case_id, fingerprint", fingerprints, database)
    return {case_id for case_id, fingerprint in rows if fingerprints[case_id] == fingerprint}


def _select(columns: str, case_ids: Iterable[str], database: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    remaining = iter(case_ids)
    while some := list(islice(remaining, _AT_ONCE)):
        marks = ", ".join("?" * len(some))
        yield from database.execute(f"SELECT {columns} FROM inspections WHERE case_id IN ({marks})", some)
