import gc
import importlib.util
import os
import subprocess
import sys

import pytest

from tumourflow import startup
from tumourflow.startup import give_each_core_a_lane, resting_collector, without

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
