import gc
import subprocess
import sys

import pytest

from tumourflow.startup import resting_collector

PROGRAM = """
import atexit
from tumourflow.startup import quick_end

class Kept:
    def __del__(self):
        print("taken apart", flush=True)

kept = Kept()
quick_end.register()
atexit.register(print, "what others registered")
quick_end.allow({program!r})
"""


@pytest.mark.parametrize(
    ("program", "taken_apart"), [("/env/bin/kedro", False), ("python -m kedro", False), ("/env/bin/pytest", True), ("", True)]
)
def test_only_the_process_of_a_run_ends_without_being_taken_apart(program: str, taken_apart: bool) -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM.format(program=program)], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "what others registered\n" + "taken apart\n" * taken_apart


def test_a_run_that_did_not_succeed_ends_with_its_own_status() -> None:
    code = "import sys; from tumourflow.startup import quick_end; quick_end.register(); sys.exit(3)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 3


def test_the_collector_stays_off_where_it_was() -> None:
    gc.disable()
    try:
        with resting_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_comes_back_after_an_error() -> None:
    with pytest.raises(ImportError), resting_collector():
        raise ImportError
    assert gc.isenabled()
