"""One function over many images: in this process, in several, or on a cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from tumourflow.errors import UserError

Input = TypeVar("Input")
Output = TypeVar("Output")

_LOCAL = ("threads", "processes", "synchronous")
_INPUTS_PER_WORKER = 4
_BATCHES_AHEAD = 2
_SECONDS_TO_CONNECT = 10


def map_parallel(function: Callable[[Input], Output], inputs: Iterable[Input], scheduler: str) -> Iterator[Output]:
    """Apply a function to each input through Dask, in order, without ever holding all inputs or results.

    Inputs are taken and results are handed out a few dozen at a time: while one batch is handed out, the next is being computed, so that
    no core waits at the end of a batch. What the function raises, the iterator raises.

    Args:
        function: Pure function of one input. For `processes` and clusters it must be possible to pickle it (closures are fine).
        inputs: What it is applied to; may be endless.
        scheduler: `threads`, `processes`, `synchronous`, or the address of a Dask scheduler such as `tcp://10.0.0.1:8786`, whose workers
            have this package and see the same files. A worker may die meanwhile: another one does its work again.

    Yields:
        The results, in the order of the inputs.

    Raises:
        UserError: If the cluster cannot be reached, has no worker, or has workers without this package.

    Example:
        >>> list(map_parallel(lambda number: number**2, range(5), "threads"))
        [0, 1, 4, 9, 16]
    """
    remaining = iter(inputs)
    first = list(islice(remaining, 1))
    if not first:  # no pool, and no cluster, for nothing
        return
    remaining = chain(first, remaining)
    with _open(scheduler) as (start, workers):
        running: deque[_Batch] = deque()
        while True:
            while len(running) < _BATCHES_AHEAD and (batch := list(islice(remaining, workers * _INPUTS_PER_WORKER))):
                running.append(start([partial(function, each) for each in batch]))
            if not running:
                return
            yield from running.popleft().result()


class _Batch(Protocol):
    def result(self) -> Iterable[Any]: ...


_Start = Callable[[list[Callable[[], Any]]], _Batch]


def _open(scheduler: str) -> AbstractContextManager[tuple[_Start, int]]:
    return _open_local(scheduler) if scheduler in _LOCAL else _open_cluster(scheduler)


@contextmanager
def _open_local(scheduler: str) -> Iterator[tuple[_Start, int]]:
    import dask
    import dask.multiprocessing
    import dask.threaded
    from dask.system import CPU_COUNT

    if scheduler == "synchronous":
        yield partial(_Now, dask.get), 1
        return
    get = dask.threaded.get if scheduler == "threads" else dask.multiprocessing.get
    # Dask would start a new pool for each batch, which costs seconds where the workers are processes. Each batch has a thread that
    # waits for it; its work is done in the pool.
    with _make_pool(scheduler, CPU_COUNT) as pool, ThreadPoolExecutor(_BATCHES_AHEAD) as waiting:
        try:
            yield (lambda calls: waiting.submit(_compute, partial(get, pool=pool), calls)), CPU_COUNT
        finally:
            waiting.shutdown(cancel_futures=True)


def _make_pool(scheduler: str, workers: int) -> Executor:
    from multiprocessing import get_context

    return ThreadPoolExecutor(workers) if scheduler == "threads" else ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


@contextmanager
def _open_cluster(address: str) -> Iterator[tuple[_Start, int]]:
    from distributed import Client

    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        msg = f"`scheduler` is {address!r}, and no Dask scheduler answers there: start one, or use threads, processes or synchronous."
        raise UserError(msg) from error
    with client:
        _require_workers(client, address)
        yield partial(_Remote, client), max(sum(client.ncores().values()), 1)


def _require_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
        client.run(_do_nothing)
    except TimeoutError as error:
        msg = f"The Dask scheduler at {address} has no worker: start some, for example with `dask worker {address}`."
        raise UserError(msg) from error
    except ImportError as error:
        msg = f"A worker of the Dask scheduler at {address} cannot import tumourflow: install the same version there. ({error})"
        raise UserError(msg) from error


def _do_nothing() -> None: ...


def _compute(get: Callable[..., tuple[Any, ...]], calls: list[Callable[[], Any]]) -> tuple[Any, ...]:
    # A graph written by hand, as `dask.delayed` costs more than many an image. Calls have no arguments: Dask would search them
    # for tasks of its own, and take data classes apart.
    return get({number: (call,) for number, call in enumerate(calls)}, list(range(len(calls))))


class _Now:
    def __init__(self, get: Callable[..., tuple[Any, ...]], calls: list[Callable[[], Any]]) -> None:
        self._get, self._calls = get, calls

    def result(self) -> Iterator[Any]:
        for call in self._calls:
            yield from _compute(self._get, [call])


class _Remote:
    def __init__(self, client: Any, calls: list[Callable[[], Any]]) -> None:
        self._futures = deque(client.submit(call, pure=False) for call in calls)

    def result(self) -> Iterator[Any]:
        while self._futures:
            # The cluster may forget a result as soon as it has been handed out.
            yield self._futures.popleft().result()
