"""What makes a run begin and end sooner."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def count_cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def give_each_core_a_lane() -> None:
    """Ask TensorFlow, before it starts, for the threads that `tumourflow.networks.lanes` needs, where there are two cores.

    More cores share each operation as TensorFlow has it by default: half of a batch would be too much for one core of many. What the
    environment says already stands.
    """
    asked = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "2"}
    if count_cores() == 2 and not asked.keys() & os.environ.keys():
        os.environ.update(asked)


@contextmanager
def resting_collector() -> Iterator[None]:
    """Import without Python's garbage collector, and have it overlook ever after what there is by then.

    Modules are not garbage, and looking through them again and again takes a sixth of the time.

    Example:
        >>> with resting_collector():
        ...     gc.isenabled()
        False
        >>> gc.isenabled()
        True
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@contextmanager
def without(module: str) -> Iterator[None]:
    """Tell whoever asks for a module meanwhile that it is not installed, unless somebody has already imported it.

    MLflow imports the whole of IPython, half a second, only to learn that no notebook is running.

    Example:
        >>> with without("turtle"):
        ...     import turtle
        Traceback (most recent call last):
        ModuleNotFoundError: import of turtle halted; None in sys.modules
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def is_command(program: str) -> bool:
    """Tell whether a process was started as `kedro`, not by a notebook or a test.

    Args:
        program: `sys.argv[0]`.

    Example:
        >>> is_command("/env/bin/kedro"), is_command("pytest")
        (True, False)
    """
    return Path(program).name.endswith("kedro")


class QuickEnd:
    """Ends the process of a finished `kedro run` without taking every module apart first, which takes a second.

    What others have registered to be done at the end is done, and threads are waited for: only Python's own clearing up is left out.
    """

    def __init__(self) -> None:
        self._finished = False

    def register(self) -> None:
        """Be called at the end of the process, after all that is registered later."""
        atexit.register(self._leave)

    def allow(self, program: str) -> None:
        """Say that the run has succeeded.

        Args:
            program: What the process was started as, `sys.argv[0]`; a notebook or a test goes on after the run.
        """
        self._finished = is_command(program)

    def _leave(self) -> None:
        if self._finished:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)


quick_end = QuickEnd()
