import math
import pickle
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from tumourflow.datasets import FactCache, FactCacheDataset

FACTS = {
    "case_id": "anna/1",
    "image_error": "",
    "constant": True,
    "brightest": 0.1,
    "height": 3,
    "thumbnail": bytes(range(256)),
    "notes": "[]",
}
WRITER = """
import sys
from pathlib import Path
from tumourflow.datasets import FactCache

cache = FactCache(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    ids = [f"{sys.argv[2]}/{number}/{place}" for place in range(20)]
    cache.write({case_id: "x" for case_id in ids}, [{"case_id": case_id, "text": "y" * 500} for case_id in ids])
"""


@pytest.fixture
def cache(tmp_path: Path) -> FactCache:
    return FactCacheDataset(filepath=str(tmp_path / "02_intermediate/cache.sqlite")).load()


def test_facts_come_back_as_they_were(cache):
    cache.write({"anna/1": "f"}, [FACTS])
    assert cache.read({"anna/1": "f"}) == {"anna/1": FACTS}


def test_not_a_number_comes_back_and_numpy_scalars_become_numbers(cache):
    cache.write({"a": "f"}, [{"case_id": "a", "brightest": math.nan, "height": np.int64(3), "share": np.float32(0.5)}])
    facts = cache.read({"a": "f"})["a"]
    assert math.isnan(facts["brightest"])
    assert (facts["height"], facts["share"]) == (3, 0.5)


def test_facts_of_another_kind_are_refused(cache):
    with pytest.raises(TypeError, match=r"Received: PosixPath"):
        cache.write({"a": "f"}, [{"case_id": "a", "file": Path("a")}])


def test_another_fingerprint_finds_nothing(cache):
    cache.write({"anna/1": "f"}, [FACTS])
    assert cache.find({"anna/1": "g", "bert/1": "f"}) == set()
    assert cache.read({"anna/1": "g", "bert/1": "f"}) == {}
    assert cache.find({"anna/1": "f"}) == {"anna/1"}


def test_only_the_last_facts_of_a_case_are_kept(cache):
    for fingerprint in "fgh":
        cache.write({"anna/1": fingerprint}, [FACTS])
    assert cache.find({"anna/1": "f"}) == set()
    with closing(sqlite3.connect(cache.path)) as database:
        assert database.execute("SELECT count(*) FROM inspections").fetchone() == (1,)


def test_more_cases_than_one_query_takes_are_read(cache):
    ids = [str(number) for number in range(1_234)]
    cache.write(dict.fromkeys(ids, "f"), [{"case_id": case_id} for case_id in ids])
    assert set(cache.read(dict.fromkeys(ids, "f"))) == set(ids)


def test_a_place_that_cannot_be_written_costs_time_not_the_run(cache, caplog):
    cache.path.mkdir(parents=True)
    cache.write({"anna/1": "f"}, [FACTS])
    assert cache.read({"anna/1": "f"}) == {}
    assert "everything is inspected again" in caplog.text


def test_two_runs_at_once_lose_nothing(cache):
    runs = [subprocess.Popen([sys.executable, "-c", WRITER, str(cache.path), name, "10"]) for name in ("anna", "bert")]
    assert [run.wait() for run in runs] == [0, 0]
    ids = [f"{name}/{number}/{place}" for name in ("anna", "bert") for number in range(10) for place in range(20)]
    assert cache.find(dict.fromkeys(ids, "x")) == set(ids)


def test_a_killed_run_leaves_whole_batches(cache):
    run = subprocess.Popen([sys.executable, "-c", WRITER, str(cache.path), "anna", "2000"])
    while not cache.path.exists() or len(cache.find({f"anna/{number}/0": "x" for number in range(1000)})) < 3:
        time.sleep(0.02)
        assert run.poll() is None
    run.kill()
    run.wait()
    ids = {f"anna/{number}/{place}": "x" for number in range(2_000) for place in range(20)}
    found = cache.find(ids)
    assert len(found) >= 60
    assert len(found) % 20 == 0
    cache.write({"anna/1": "f"}, [FACTS])
    assert cache.find({"anna/1": "f"}) == {"anna/1"}


def test_a_result_is_computed_once_for_the_same_inputs(cache):
    made = []
    table = pd.DataFrame({"first": ["a"], "correlation": [0.98], "exact": [False]})

    def compute():
        made.append(1)
        return table

    for _ in range(3):
        pd.testing.assert_frame_equal(cache.recall("pairs", [table, 0.98], compute), table)
    assert len(made) == 1
    cache.recall("pairs", [table, 0.99], compute)
    cache.recall("others", [table, 0.99], compute)
    assert len(made) == 3


def test_only_the_last_result_of_a_name_is_kept(cache):
    for number in (1, 2, 1):
        assert cache.recall("picture", [number], lambda number=number: bytes([number])) == bytes([number])
    with closing(sqlite3.connect(cache.path)) as database:
        assert database.execute("SELECT name, result FROM results").fetchall() == [("picture", pickle.dumps(b"\1"))]


def test_a_result_that_is_not_certain_is_computed_again(cache):
    made = [cache.recall("count", [], lambda number=number: number, lambda number: number > 1) for number in (1, 2, 3)]
    assert made == [1, 2, 2]


def test_nobody_changes_a_result_for_those_who_come_after(cache):
    cache.recall("list", [], lambda: [1])
    cache.recall("list", [], lambda: [1]).append(2)
    assert cache.recall("list", [], lambda: [3]) == [1]


def test_a_result_that_cannot_be_kept_is_computed(cache, caplog):
    cache.path.mkdir(parents=True)
    assert cache.recall("picture", [], lambda: b"1") == b"1"
    assert "cannot be used" in caplog.text


def test_nothing_is_saved_through_the_catalog(tmp_path):
    with pytest.raises(DatasetError, match="handle"):
        FactCacheDataset(filepath=str(tmp_path / "cache.sqlite")).save({"a": 1})


def recollect(cache, states, certain=bool):
    looked_at = []

    def read(file):
        looked_at.append(file)
        return file.upper()

    found = cache.recollect("headers", states, read, certain)
    return found, looked_at


def test_only_files_in_another_state_are_read_again(cache):
    assert recollect(cache, {"a": "1", "b": "1"}) == ({"a": "A", "b": "B"}, ["a", "b"])
    assert recollect(cache, {"b": "1", "a": "2", "c": "1"}) == ({"b": "B", "a": "A", "c": "C"}, ["a", "c"])
    assert recollect(cache, {"a": "2"}) == ({"a": "A"}, [])


def test_what_is_gone_is_forgotten(cache):
    recollect(cache, {"a": "1", "b": "1"})
    recollect(cache, {"a": "1"})
    assert recollect(cache, {"a": "1", "b": "1"})[1] == ["b"]


def test_what_is_not_certain_and_files_without_a_state_are_read_every_time(cache):
    for _ in range(2):
        assert recollect(cache, {"a": "1", "b": "1", "c": ""}, certain=lambda found: found != "A")[1][-1:] == ["c"]
    assert recollect(cache, {"a": "1", "b": "1"}, certain=lambda found: found != "A")[1] == ["a"]


def test_names_of_files_which_may_be_names_of_people_are_not_kept(cache):
    cache.recollect("headers", {"meier_anna.dcm": "1"}, len, bool)
    assert b"meier" not in cache.path.read_bytes()


def test_a_computation_is_given_what_it_gave_last_time_under_the_same_inputs(cache):
    given = []

    def count(earlier: int | None) -> int:
        given.append(earlier)
        return (earlier or 0) + 1

    assert [cache.renew("count", [0.98], count) for _ in range(3)] == [1, 2, 3]
    assert cache.renew("count", [0.99], count) == 1
    assert given == [None, 1, 2, None]


def test_a_result_that_is_too_large_for_sqlite_costs_neither_the_run_nor_what_is_known(cache, caplog, monkeypatch):
    cache.write({"anna/1": "f"}, [FACTS])
    connect = sqlite3.connect

    def limited(*arguments, **named):
        database = connect(*arguments, **named)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
        return database

    monkeypatch.setattr(sqlite3, "connect", limited)
    assert cache.renew("much", [], lambda _: bytes(200_000)) == bytes(200_000)
    assert cache.find({"anna/1": "f"}) == {"anna/1"}
    assert "too big" in caplog.text
