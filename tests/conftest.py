import fcntl
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pandas as pd
import pytest

import tumourflow  # noqa: F401  # settings for TensorFlow, which a test may import first

ROOT = Path(__file__).parents[1]
# How long an example takes says more of what else the machine does.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

MAKE_COHORTS = ROOT / "../shared/data/make_cohorts.py"


def draw_normal(key: Any, lower: float, upper: float, shape: tuple[int, ...], dtype: Any) -> Any:
    """Normal numbers within bounds, as `jax.random.truncated_normal` draws them, without a program for each shape."""
    import jax.numpy as jnp
    from scipy.stats import truncnorm

    rng = np.random.default_rng(np.asarray(key))
    return jnp.asarray(truncnorm.rvs(lower, upper, size=shape, random_state=rng), dtype)


@pytest.fixture(scope="session", autouse=os.environ.get("KERAS_BACKEND") == "jax")
def quick_jax(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nearly all time on JAX goes into compiling: how initial weights are drawn, and one step for each of many like trainings."""
    import jax

    jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("jax")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jax.random.truncated_normal", draw_normal)
        yield


def copy_project(destination: Path) -> Path:
    """Copy what a run needs, bytecode included, and nothing that a run has left."""
    destination.mkdir(parents=True, exist_ok=True)
    for name in ("conf", "notebooks", "src"):
        shutil.copytree(ROOT / name, destination / name, ignore=shutil.ignore_patterns("*.egg-info"))
    for name in ("pyproject.toml", ".telemetry", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, destination / name)
    return destination


def run_kedro(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a kedro command in a project as a user would, in a process of its own."""
    variables = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    variables |= {"COLUMNS": "200", "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(project / "src"), **environment}
    return subprocess.run(
        [sys.executable, "-m", "kedro", *arguments], cwd=project, env=variables, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def kedro() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`kedro(project, *arguments)` runs a command as a user would."""
    return run_kedro


@pytest.fixture(scope="session")
def copied() -> Callable[[Path], Path]:
    """`copied(folder)` makes an empty copy of the project."""
    return copy_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty copy of the project."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], AbstractContextManager[Path]]:
    """`with shared(name) as folder` holds a folder that all tests of a session share, those side by side too, against the others."""
    # Each process of pytest-xdist has a folder of its own in that of the session.
    side_by_side = "PYTEST_XDIST_WORKER" in os.environ
    home = tmp_path_factory.getbasetemp().parent if side_by_side else tmp_path_factory.getbasetemp()

    @contextmanager
    def hold(name: str) -> Iterator[Path]:
        with (home / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield home / name

    return hold


@pytest.fixture(scope="session")
def publish(shared: Callable[[str], AbstractContextManager[Path]]) -> Callable[[str], Path]:
    """`publish(name)` writes the part at hand of a published cohort in its own layout, to be read only."""

    def write(name: str) -> Path:
        if not MAKE_COHORTS.exists():
            pytest.skip(f"the published part of {name} is not at hand: no {MAKE_COHORTS.resolve()}")
        with shared(f"published_{name}") as folder:
            if not folder.exists():
                partial = folder.with_suffix(".partial")
                partial.mkdir(exist_ok=True)
                runpy.run_path(str(MAKE_COHORTS))[name](partial)
                partial.rename(folder)
        return folder

    return write


@pytest.fixture(scope="session")
def finished_project(shared: Callable[[str], AbstractContextManager[Path]]) -> Path:
    """A copy of the project in which a small run of the whole corridor has finished; tests side by side share one."""
    with shared("finished") as folder:
        project = folder / "project"
        if not (project / "stdout.txt").exists():
            done = run_kedro(copy_project(project), "run", "--pipeline=segmentation", "--env=test", TF_CPP_MIN_LOG_LEVEL="3")
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
            (project / "stderr.txt").write_text(done.stderr)
            (project / "stdout.txt").write_text(done.stdout)
    return project


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `make package` has left a wheel and the configuration; the tools that build it are fetched."""
    project = copy_project(tmp_path_factory.mktemp("package") / "project")
    shutil.copy(ROOT / "Makefile", project / "Makefile")
    (project / "conf/local").mkdir(exist_ok=True)
    for name in ("credentials.yml", "credentials.yaml", ".env"):
        (project / "conf/local" / name).write_text("store: {secret: Haubentaucher}\n")
    command = ["make", "--old-file=.venv/run.stamp", f"BIN={Path(sys.executable).parent}", "package"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return project / "dist"


@pytest.fixture(scope="session")
def tabulate() -> Callable[..., pd.DataFrame]:
    """Make a table of scores of the classes a, b, c ... from labels, probabilities and, if not each its own, patients."""

    def make(labels: str, probabilities: Sequence[Sequence[float]], patients: str = "", split: str = "test") -> pd.DataFrame:
        names = list(patients) if patients else [f"p{number}" for number in range(len(labels))]
        cases = [f"{name}/{number}" for number, name in enumerate(names)]
        table = pd.DataFrame({"case_id": cases, "patient": names, "group": names, "site": "", "split": split, "label": list(labels)})
        columns = [f"probability.{name}" for name, _ in zip("abcdef", probabilities[0] if len(labels) else "ab", strict=False)]
        return table.assign(**dict(zip(columns, np.array(probabilities, float).reshape(-1, len(columns)).T, strict=True)))

    return make
