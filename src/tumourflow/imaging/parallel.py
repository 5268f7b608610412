"""One function over many images: in this process, in several, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from tumourflow.errors import UserError

Input = TypeVar("Input")
Output = TypeVar("Output")

_LOCAL = ("threads", "processes", "synchronous")
_INPUTS_PER_WORKER = 8
_SECONDS_TO_CONNECT = 10


def map_parallel(function: Callable[[Input], Output], inputs: Iterable[Input], scheduler: str) -> Iterator[Output]:
    """Apply a function to each input through Dask, in order, without ever holding all inputs or results.

    Inputs are taken and results are handed out a few dozen at a time. What the function raises, the iterator raises.

    Args:
        function: Pure function of one input. For `processes` and clusters it must be possible to pickle it (closures are fine).
        inputs: What it is applied to; may be endless.
        scheduler: `threads`, `processes`, `synchronous`, or the address of a Dask scheduler such as `tcp://10.0.0.1:8786`.

    Yields:
        The results, in the order of the inputs.

    Raises:
        UserError: If the cluster cannot be reached.

    Example:
        >>> list(map_parallel(lambda number: number**2, range(5), "threads"))
        [0, 1, 4, 9, 16]
    """
    remaining = iter(inputs)
    with _open(scheduler) as (compute, workers):
        while batch := list(islice(remaining, workers * _INPUTS_PER_WORKER)):
            yield from compute([partial(function, each) for each in batch])


_Compute = Callable[[list[Any]], Iterable[Any]]


def _open(scheduler: str) -> AbstractContextManager[tuple[_Compute, int]]:
    return _open_local(scheduler) if scheduler in _LOCAL else _open_cluster(scheduler)


@contextmanager
def _open_local(scheduler: str) -> Iterator[tuple[_Compute, int]]:
    from dask.system import CPU_COUNT

    workers = 1 if scheduler == "synchronous" else CPU_COUNT
    # Dask would start a new pool for each batch, which costs seconds where the workers are processes.
    if scheduler == "processes":
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            yield partial(_compute, scheduler=scheduler, pool=pool), workers
    else:
        yield partial(_compute, scheduler=scheduler), workers


@contextmanager
def _open_cluster(address: str) -> Iterator[tuple[_Compute, int]]:
    from distributed import Client

    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        msg = f"`scheduler` is {address!r}, and no Dask scheduler answers there: start one, or use threads, processes or synchronous."
        raise UserError(msg) from error
    with client:
        yield partial(_compute, scheduler=client), max(sum(client.ncores().values()), 1)


def _compute(calls: list[Callable[[], Any]], **where: object) -> tuple[Any, ...]:
    import dask

    # A call without arguments: Dask would search arguments for tasks of its own, and take data classes apart.
    results: tuple[Any, ...] = dask.compute(*(dask.delayed(call, pure=False)() for call in calls), **where)
    return results
