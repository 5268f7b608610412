"""A copy of the project to run commands in, each a process of its own, with its time, memory and disk."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]


def copy_project(project: Path) -> Path:
    """Copy what `kedro run` needs, and no data."""
    for name in ("conf", "src"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(PROJECT / name, project / name)
    return project


def run_kedro(project: Path, *options: str) -> dict[str, Any]:
    """Time `kedro run` in a project, bytecode kept beside it, as Python does unless it is forbidden to.

    Beside the time of the process stands that of the run that MLflow has tracked, which begins where all is imported.

    Raises:
        RuntimeError: Where the run failed, with the end of what it said.
    """
    command = [sys.executable, "-m", "kedro", "run", *options]
    allowed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    bytecode = {"PYTHONPATH": str(project / "src"), "PYTHONPYCACHEPREFIX": str(project.parent / "bytecode")}
    log = project / "run.log"
    start = time.perf_counter()
    with log.open("wb") as output:
        child = subprocess.Popen(command, cwd=project, env={**allowed, **bytecode}, stdout=output, stderr=output)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        msg = f"The run failed: {log.read_text()[-2000:]}"
        raise RuntimeError(msg)
    used = {"seconds": round(seconds, 1), "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1)}
    used["tracked_seconds"] = _read_tracked_seconds(project)
    return {**used, "peak_mib": round(usage.ru_maxrss / 1024)}


def _read_tracked_seconds(project: Path) -> float:
    with sqlite3.connect(project / "mlflow.db") as database:
        ((seconds,),) = database.execute("SELECT (end_time - start_time) / 1000.0 FROM runs ORDER BY start_time DESC LIMIT 1")
    return round(float(seconds), 2)


def ingest(project: Path, cohort: str, *options: str) -> dict[str, Any]:
    """Ingest a cohort, and tell beside time and memory what that added to the disk."""
    before = _measure_disk(project, cohort)
    used = run_kedro(project, "--pipeline=ingestion", *options)
    return used | {name: round(value - before[name], 1) for name, value in _measure_disk(project, cohort).items()}


def _measure_disk(project: Path, cohort: str) -> dict[str, float]:
    """Count the images that are stored, and the megabytes of them and of all versions of tables and figures."""
    home = project / "data/02_intermediate" / cohort / "images"
    images = [file.stat().st_size for file in home.rglob("*.png")]
    others = [file for file in (project / "data").rglob("*") if file.is_file() and "01_raw" not in file.parts and home not in file.parents]
    tables = sum(file.stat().st_size for file in others if file.suffix != ".sqlite")
    return {"images_written": len(images), "megabytes_of_images": sum(images) / 1e6, "megabytes_of_tables": tables / 1e6}
