import sqlite3
from contextlib import closing, contextmanager

import pytest
from kedro.io import DatasetError

from tumourflow.datasets import ResultStoreDataset
from tumourflow.errors import UserError


@pytest.fixture
def dataset(tmp_path):
    return ResultStoreDataset(filepath=str(tmp_path / "kept/results.sqlite"))


def test_results_come_back_under_their_fingerprint(dataset):
    dataset.load().write([("Anna Meier", "1", {"rows": [1]}), ("b", "1", "other")])
    store = dataset.load()
    assert store.find({"Anna Meier": "1", "b": "2", "c": "1"}) == {"Anna Meier"}
    assert store.read("Anna Meier") == {"rows": [1]}
    assert b"Meier" not in store.path.read_bytes()


def test_a_later_result_takes_the_place_of_an_earlier_one(dataset):
    store = dataset.load()
    store.write([("a", "1", "old")])
    store.write([("a", "2", "new")])
    assert (store.find({"a": "1"}), store.read("a")) == (set(), "new")


def test_all_results_of_a_batch_are_kept_or_none(dataset):
    store = dataset.load()
    with pytest.raises(AttributeError):
        store.write([("a", "1", "fine"), ("b", "1", lambda: None)])
    assert store.find({"a": "1"}) == set()


def test_a_damaged_file_is_begun_anew(dataset):
    store = dataset.load()
    store.write([("a", "1", "x")])
    store.path.write_bytes(b"no database" * 99)
    assert store.find({"a": "1"}) == set()
    store.write([("a", "1", "y")])
    assert store.read("a") == "y"


def test_a_file_that_another_run_holds_is_told_and_kept(dataset, monkeypatch):
    store = dataset.load()
    store.write([("a", "1", "kept")])
    monkeypatch.setattr("tumourflow.datasets.result_store._SECONDS_TO_WAIT", 0)
    with closing(sqlite3.connect(store.path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match=r"cannot be read .*locked"):
            store.find({"a": "1"})
        other.rollback()
    assert store.read("a") == "kept"


def test_a_damaged_file_is_closed_before_it_is_begun_anew(dataset, monkeypatch):
    store, opened, connect = dataset.load(), [], sqlite3.connect
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(b"no database" * 99)
    monkeypatch.setattr(sqlite3, "connect", lambda *place, **named: opened.append(connect(*place, **named)) or opened[-1])
    assert store.find({"a": "1"}) == set()
    assert opened
    for database in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            database.execute("SELECT 1")


def test_what_is_not_there_is_not_found_and_nothing_is_made(dataset):
    assert dataset.load().find({"a": "1"}) == set()
    assert not dataset.load().path.exists()


def test_the_store_is_not_saved(dataset):
    with pytest.raises(DatasetError):
        dataset.save("x")


def test_a_full_disk_is_told_and_leaves_what_was_kept(dataset, monkeypatch):
    store = dataset.load()
    store.write([("a", "1", "kept")])
    open_database = store._open

    @contextmanager
    def open_full():
        with open_database() as database:
            database.execute("PRAGMA max_page_count = 3")
            yield database

    monkeypatch.setattr(store, "_open", open_full)
    with pytest.raises(UserError, match=r"could not be written \(database or disk is full\)"):
        store.write([("b", "1", "x" * 99_999)])
    assert store.find({"a": "1", "b": "1"}) == {"a"}
