import ctypes
import os
import subprocess
import sys

import pyarrow as pa
import pytest
from kedro.framework.hooks.manager import _create_hook_manager, _register_hooks

from tumourflow.hooks import MemoryHook
from tumourflow.settings import HOOKS

MEGABYTES = 100

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="allocators of other systems have no such function"
)


def measure_megabytes() -> float:
    with open("/proc/self/statm") as facts:
        return int(facts.read().split()[1]) * 4096 / 1e6


def free_in_pieces() -> bytes:
    """Take memory in pieces and free all but the last, which keeps the allocator from giving back what lies below it."""
    pieces = [bytes(2_000) for _ in range(MEGABYTES * 500)]
    return pieces[-1]


@pytest.mark.parametrize("moment", ["before_dataset_loaded", "before_node_run", "after_node_run"])
def test_what_was_freed_goes_back_to_the_system_around_a_node(moment):
    manager = _create_hook_manager()
    _register_hooks(manager, (MemoryHook(),))
    before = measure_megabytes()
    last = free_in_pieces()
    assert measure_megabytes() > before + 0.8 * MEGABYTES
    known = dict.fromkeys(("dataset_name", "node", "catalog", "inputs", "outputs", "is_async", "run_id"))
    getattr(manager.hook, moment)(**known)
    assert measure_megabytes() < before + 0.2 * MEGABYTES
    assert last


def test_arrow_gives_back_too():
    before = measure_megabytes()
    tables = [pa.array(range(20_000)) for _ in range(200)]
    del tables
    MemoryHook().after_node_run()
    assert measure_megabytes() < before + 10


def test_every_run_has_the_hook():
    assert any(isinstance(hook, MemoryHook) for hook in HOOKS)


def test_in_a_run_arrow_takes_its_memory_from_c():
    code = "import tumourflow.settings, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    environment = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert told.stdout.split() == ["system"]
