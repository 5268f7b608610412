import gc
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tumourflow import startup
from tumourflow.startup import QuietImport, give_each_core_a_lane, resting_collector, without

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


def test_a_module_is_missing_only_meanwhile() -> None:
    assert "this" not in sys.modules
    with pytest.raises(ModuleNotFoundError), without("this"):
        importlib.import_module("this")
    assert "this" not in sys.modules
    assert importlib.util.find_spec("this")


def test_a_module_that_is_in_use_stays() -> None:
    with without("gc"):
        assert importlib.import_module("gc") is gc
    assert sys.modules["gc"] is gc


@pytest.mark.parametrize(
    ("cores", "said", "asked"),
    [
        (2, {}, ("1", "2")),
        (1, {}, (None, None)),
        (8, {}, (None, None)),
        (2, {"TF_NUM_INTRAOP_THREADS": "0"}, ("0", None)),
        (2, {"TF_NUM_INTEROP_THREADS": "4"}, (None, "4")),
    ],
)
def test_two_cores_get_a_lane_each_unless_the_environment_says_otherwise(monkeypatch, cores: int, said: dict[str, str], asked) -> None:
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    environment = dict(said)
    monkeypatch.setattr(startup, "count_cores", lambda: cores)
    monkeypatch.setattr(startup.os, "environ", environment)
    give_each_core_a_lane()
    assert tuple(environment.get(name) for name in names) == asked


@pytest.mark.parametrize(("asked", "reports"), [(None, "None"), ("false", "TelemetryClient")])
def test_mlflow_tells_its_makers_of_no_run_unless_the_user_wants_it(asked: str | None, reports: str) -> None:
    # MLflow takes itself to be tested, and tells nobody, where one of these is set.
    tested = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK", "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "CI", "GITHUB_ACTIONS", "GITLAB_CI")
    environment = {name: value for name, value in os.environ.items() if name not in tested}
    environment |= {} if asked is None else {"MLFLOW_DISABLE_TELEMETRY": asked}
    code = "import tumourflow, mlflow.telemetry; print(type(mlflow.telemetry.get_telemetry_client()).__name__)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True, env=environment)
    assert said.stdout.strip().removesuffix("Type") == reports


CHATTY = """
import os
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
os.write(2, b"I0000 00:00:17.0  1 port.cc:153] oneDNN custom operations are on. You may see\\n")
os.write(2, b"I0000 00:00:17.0  1 cudart_stub.cc:31] Could not find cuda drivers on your machine\\n")
os.write(2, b"W0000 00:00:17.0  1 gpu_device.cc:1] Cannot dlopen some GPU libraries.\\n")
{then}
"""
IMPORT = """
import importlib.util
import sys
from tumourflow.startup import QuietImport
QuietImport("chatty").register()
assert importlib.util.find_spec("chatty")  # asking for it is no import
import chatty
print("imported", chatty.__file__ is not None, file=sys.stderr)
"""


@pytest.mark.parametrize(("then", "said"), [("", "imported True\n"), ("os.abort()", ""), ("raise ImportError('no GPU')", "no GPU")])
def test_what_a_library_says_of_itself_is_not_shown_but_all_else_is(then: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "chatty.py").write_text(CHATTY.format(then=then))
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, timeout=60, env=os.environ | {"PYTHONPATH": path}, check=False
    )
    first, _, rest = done.stderr.partition("\n")
    assert first.endswith("Cannot dlopen some GPU libraries.")
    assert said in rest
    assert (done.returncode == 0) == (not then)


def test_a_quiet_import_of_what_is_not_installed_fails_as_any() -> None:
    finder = QuietImport("no_such_module")
    finder.register()
    try:
        with pytest.raises(ModuleNotFoundError, match="no_such_module"):
            importlib.import_module("no_such_module")
    finally:
        sys.meta_path.remove(finder)
