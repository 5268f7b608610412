import threading
import time
from itertools import islice

import pytest

from tumourflow.training.loader import Loader


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_order_does_not_depend_on_the_number_of_threads(threads: int) -> None:
    def make(number: int) -> int:
        time.sleep(0.002 if number % 2 else 0)
        return number

    with Loader(make, threads=threads, ahead=2) as loader:
        assert list(islice(loader, 12)) == list(range(12))


@pytest.mark.parametrize(("ahead", "most"), [({"ahead": 3}, 4), ({}, 9)])
def test_no_more_is_made_ahead_than_the_queue_holds(ahead: dict[str, int], most: int) -> None:
    made: list[int] = []
    with Loader(made.append, **ahead):
        time.sleep(0.2)
    assert len(made) == most  # all but one lie ready, one waits to be put


def test_an_error_in_the_thread_reaches_the_caller_in_its_turn() -> None:
    def make(number: int) -> int:
        if number == 2:
            msg = "batch 2 is broken"
            raise OSError(msg)
        return number

    with Loader(make) as loader:
        assert [next(loader), next(loader)] == [0, 1]
        with pytest.raises(OSError, match="batch 2 is broken"):
            next(loader)


def test_who_asks_again_after_an_error_is_told_again() -> None:
    """And neither waits for what never comes nor gets a later batch."""

    def make(number: int) -> int:
        if number == 0:
            msg = "batch 0 is broken"
            raise OSError(msg)
        return number

    told: list[str] = []

    def ask() -> None:
        for _ in range(2):
            try:
                next(loader)
            except OSError as error:
                told.append(str(error))

    with Loader(make) as loader:
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(timeout=5)
        assert told == ["batch 0 is broken"] * 2


def test_threads_end_with_the_block_even_when_it_fails() -> None:
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), Loader(lambda number: number, threads=3) as loader:
        next(loader)
        raise KeyboardInterrupt
    assert threading.active_count() == before


def test_outside_its_block_it_hands_out_nothing() -> None:
    loader = Loader(lambda number: number)
    with pytest.raises(RuntimeError, match="inside its `with` block"):
        next(loader)
    with loader:
        next(loader)
    with pytest.raises(RuntimeError, match="inside its `with` block"):
        next(loader)


@pytest.mark.parametrize("threads", [1, 3])
def test_it_begins_with_any_number(threads: int) -> None:
    with Loader(lambda number: number, threads, first=5) as numbers:
        assert [next(numbers) for _ in range(4)] == [5, 6, 7, 8]
