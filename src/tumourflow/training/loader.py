"""Threads that make batches while the network computes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

Made = TypeVar("Made")

_POLL_SECONDS = 0.1


class Loader(Generic[Made]):
    """Makes `make(first), make(first + 1), ...` in the background and hands them out in this order, endlessly.

    Thread `k` of `threads` makes the numbers `first + k, first + k + threads, ...` into a queue of its own; the numbers are handed out
    in turn, so that the number of threads changes the speed and nothing else. Use it as a context manager: leaving it, also by an
    exception, ends the threads. An exception in `make` is raised by the `next()` that asked for its number, and by every one after it.

    Attributes:
        threads: Number of threads.
        ahead: Number of batches that each thread keeps ready.
        first: Number to begin with.

    Example:
        >>> with Loader(lambda number: number * number) as squares:
        ...     [next(squares) for _ in range(3)]
        [0, 1, 4]
    """

    def __init__(self, make: Callable[[int], Made], threads: int = 1, ahead: int = 8, first: int = 0) -> None:
        self.threads = threads
        self.ahead = ahead
        self.first = first
        self._make = make
        self._stop = threading.Event()
        self._queues: list[queue.Queue[Made | Exception]] = [queue.Queue(maxsize=ahead) for _ in range(threads)]
        self._workers = [threading.Thread(target=self._work, args=(worker,), daemon=True) for worker in range(threads)]
        self._number = 0

    def __enter__(self) -> Loader[Made]:
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        for worker in self._workers:
            worker.join()

    def __iter__(self) -> Loader[Made]:
        return self

    def __next__(self) -> Made:
        """Wait for the next in order.

        Raises:
            RuntimeError: Outside the `with` block, where nothing would ever come.
        """
        if self._stop.is_set() or not self._workers[0].ident:
            msg = "`Loader` hands out batches inside its `with` block only."
            raise RuntimeError(msg)
        ready = self._queues[self._number % self.threads]
        made = ready.get()
        if isinstance(made, Exception):
            ready.put(made)  # its thread has ended: nothing else would ever come
            raise made
        self._number += 1
        return made

    def _work(self, worker: int) -> None:
        number = self.first + worker
        while not self._stop.is_set():
            made = self._try(number)
            self._put(worker, made)
            if isinstance(made, Exception):
                return
            number += self.threads

    def _try(self, number: int) -> Made | Exception:
        try:
            return self._make(number)
        except Exception as error:  # handed to the caller, who raises it
            return error

    def _put(self, worker: int, made: Made | Exception) -> None:
        while not self._stop.is_set():
            try:
                self._queues[worker].put(made, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return
