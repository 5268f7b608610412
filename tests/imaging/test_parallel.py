import itertools
import threading
from dataclasses import dataclass

import pytest
from distributed import LocalCluster

from tumourflow.errors import UserError
from tumourflow.imaging.parallel import map_parallel


@dataclass(frozen=True)
class Named:
    name: str


@pytest.mark.parametrize("scheduler", ["threads", "synchronous", "processes"])
def test_results_come_in_the_order_of_the_inputs(scheduler):
    assert list(map_parallel(lambda number: number * 2, range(40), scheduler)) == list(range(0, 80, 2))


def test_inputs_may_be_endless_because_results_are_made_on_demand():
    squares = map_parallel(lambda number: number**2, itertools.count(), "threads")
    assert list(itertools.islice(squares, 3)) == [0, 1, 4]


def test_no_more_than_a_few_dozen_inputs_are_taken_ahead():
    taken = []
    results = map_parallel(lambda number: number, (taken.append(n) or n for n in range(10_000)), "synchronous")
    next(results)
    assert len(taken) < 100


def test_the_next_batch_is_under_way_while_results_are_handed_out(monkeypatch):
    monkeypatch.setattr("dask.system.CPU_COUNT", 1)
    reached = threading.Event()
    results = map_parallel(lambda number: reached.set() if number == 4 else number, range(8), "threads")
    next(results)
    assert reached.wait(10), "a batch is four inputs for each worker"
    results.close()


def test_nothing_is_computed_before_the_first_result_is_asked_for():
    calls = []
    map_parallel(calls.append, range(3), "threads")
    assert calls == []


@pytest.mark.parametrize("value", [Named("a"), ("a", "b"), {"a": [1]}, (len, "abc")])
def test_inputs_reach_the_function_as_they_are(value):
    """Dask reads tuples as tasks and takes data classes apart, unless it is kept from it."""
    (received,) = map_parallel(lambda each: each, [value], "threads")
    assert received is value


def test_an_error_in_the_function_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(map_parallel(lambda number: 1 // number, [1, 0], "threads"))


def test_a_cluster_that_does_not_answer_is_a_sentence(monkeypatch):
    monkeypatch.setattr("tumourflow.imaging.parallel._SECONDS_TO_CONNECT", 0.5)
    with pytest.raises(UserError, match=r"`scheduler` is 'tcp://127.0.0.1:1', and no Dask scheduler answers there"):
        list(map_parallel(abs, [1], "tcp://127.0.0.1:1"))


def test_nothing_to_do_needs_no_cluster():
    assert list(map_parallel(abs, [], "tcp://127.0.0.1:1")) == []


def test_a_cluster_that_answers_does_the_work_in_order():
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster:
        assert list(map_parallel(lambda number: number * 2, range(40), cluster.scheduler_address)) == list(range(0, 80, 2))
