import ctypes
import os
import subprocess
import sys

import pytest

from tumourflow.hooks import MemoryHook
from tumourflow.settings import HOOKS

MEGABYTES = 100

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="allocators of other systems have no such function"
)


# In a process of its own: one that has done much before takes what it needs from memory that it has left over.
PROGRAM = f"""
import sys
import pyarrow as pa
from kedro.framework.hooks.manager import _create_hook_manager, _register_hooks
from tumourflow.hooks import MemoryHook

def measure_megabytes():
    with open("/proc/self/statm") as facts:
        return int(facts.read().split()[1]) * 4096 / 1e6

manager = _create_hook_manager()
_register_hooks(manager, (MemoryHook(),))
known = dict.fromkeys(("dataset_name", "node", "catalog", "inputs", "outputs", "is_async", "run_id"))
MemoryHook().after_node_run()
before = measure_megabytes()
# Taken in pieces and freed but for the last, which keeps the allocator from giving back what lies below it.
last = [bytes(2_000) for _ in range({MEGABYTES * 500})][-1]
arrow = [pa.array(range(20_000)) for _ in range(200)]
del arrow
taken = measure_megabytes() - before
getattr(manager.hook, sys.argv[1])(**known)
print(taken, measure_megabytes() - before)
"""


@pytest.mark.parametrize("moment", ["before_dataset_loaded", "before_node_run", "after_node_run"])
def test_what_was_freed_goes_back_to_the_system_around_a_node(moment):
    told = subprocess.run([sys.executable, "-c", PROGRAM, moment], capture_output=True, text=True, timeout=120, check=True)
    taken, left = map(float, told.stdout.split())
    assert taken > 0.8 * MEGABYTES
    assert left < 0.2 * MEGABYTES


def test_every_run_has_the_hook():
    assert any(isinstance(hook, MemoryHook) for hook in HOOKS)


def test_in_a_run_arrow_takes_its_memory_from_c():
    code = "import tumourflow.settings, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    environment = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert told.stdout.split() == ["system"]
