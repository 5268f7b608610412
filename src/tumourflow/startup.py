"""What makes a run begin and end sooner."""

from __future__ import annotations

import atexit
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


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


class QuietImport:
    """Keeps from a person what TensorFlow says of itself while it is imported: six lines, whatever `TF_CPP_MIN_LOG_LEVEL` is.

    All else that is said meanwhile passes, also where the import ends the process.
    """

    _chatter = "absl::InitializeLog|oneDNN custom operations are on|Could not find cuda drivers"

    def __init__(self, module: str = "tensorflow") -> None:
        self._module = module
        self._searching = False

    def register(self) -> None:
        """Wait for the import."""
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Find the module as Python does without this: for the import, or for somebody who only asks whether it is there."""
        if name != self._module or self._searching:
            return None
        self._searching = True
        try:
            spec = find_spec(name)
        finally:
            self._searching = False
        loader = spec.loader if spec else None
        if loader is not None:
            execute = loader.exec_module

            def execute_quietly(module: ModuleType) -> None:
                with _filtered_stderr(self._chatter):
                    execute(module)

            loader.exec_module = execute_quietly  # type: ignore[method-assign]
        return spec


@contextmanager
def _filtered_stderr(chatter: str) -> Iterator[None]:
    # Native code writes past `sys.stderr`. A process of its own sees to what was said before an import that ends this one.
    sys.stderr.flush()
    terminal = os.dup(2)
    try:
        sieve = subprocess.Popen(["grep", "-avE", "--line-buffered", chatter], stdin=subprocess.PIPE, stdout=terminal)
    except OSError:
        os.close(terminal)
        yield
        return
    try:
        os.dup2(sieve.stdin.fileno(), 2)  # type: ignore[union-attr]
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)
        sieve.stdin.close()  # type: ignore[union-attr]
        with suppress(subprocess.TimeoutExpired):  # a child of the import may hold on to it
            sieve.wait(timeout=5)


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
        self._finished = Path(program).name.endswith("kedro")

    def _leave(self) -> None:
        if self._finished:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)


quick_end = QuickEnd()
