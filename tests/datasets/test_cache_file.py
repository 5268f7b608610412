import sqlite3
from pathlib import Path

import pytest

from tumourflow.datasets.cache_file import CacheFile


@pytest.fixture
def file(tmp_path: Path) -> CacheFile:
    return CacheFile(tmp_path / "02_intermediate/cache.sqlite", ["CREATE TABLE IF NOT EXISTS numbers (number INTEGER)"])


def add(number: int, database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO numbers VALUES (?)", (number,))


def read(database: sqlite3.Connection) -> list[int]:
    return [number for (number,) in database.execute("SELECT number FROM numbers")]


def test_what_fails_halfway_leaves_nothing(file) -> None:
    file.run(lambda database: add(1, database))

    def fail(database: sqlite3.Connection) -> None:
        add(2, database)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        file.run(fail)
    assert file.run(read) == [1]


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_begun_anew(file, damage) -> None:
    file.path.parent.mkdir(parents=True)
    file.path.write_bytes(damage)
    file.run(lambda database: add(1, database))
    assert file.run(read) == [1]


def test_a_place_that_cannot_be_written_costs_time_not_the_run(file, caplog) -> None:
    file.path.mkdir(parents=True)
    assert file.run(read) is None
    assert "everything is inspected again" in caplog.text
