"""Time and memory of `kedro run --pipeline=ingestion` on more and more phantom slices, and of a second run on the same files.

Run it with nothing else on the machine; 100,000 slices take about an hour, half of it for painting them:

    python benchmarks/ingestion_scale.py --slices 1000 10000 100000 --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from report import describe_machine, write_json

from tumourflow.cohorts.phantoms.write import write_phantoms
from tumourflow.options import PhantomOptions

PROJECT = Path(__file__).resolve().parents[1]
SLICES_PER_PATIENT = 20
_LINE = re.compile(r"(\d\d):(\d\d):(\d\d) (?:Running node: (\w+))?")


def measure_cohort(slices: int, size: int, home: Path) -> dict[str, Any]:
    """Paint a cohort in a copy of the project and ingest it twice."""
    project = _copy_project(home / f"project_{slices}")
    options = PhantomOptions(patients=max(slices // SLICES_PER_PATIENT, 1), slices=SLICES_PER_PATIENT, size=size)
    raw = project / "data/01_raw/phantoms"
    write_phantoms(raw, options)
    painted = sum(1 for _ in raw.rglob("*_mask.tif"))
    runs = {name: _ingest(project, options) for name in ("first", "second")}
    disk = sum(file.stat().st_size for file in (project / "data/02_intermediate").rglob("*") if file.is_file())
    shutil.rmtree(project)
    return {"slices": painted, **runs, "megabytes_stored": round(disk / 1e6, 1)}


def describe_row(row: dict[str, Any]) -> dict[str, float]:
    """Put the figures of a cohort on one slice."""
    first, second = row["first"], row["second"]
    return {
        "slices": row["slices"],
        "milliseconds_per_slice": round(1000 * first["seconds"] / row["slices"], 2),
        "processor_milliseconds_per_slice": round(1000 * first["processor_seconds"] / row["slices"], 2),
        "peak_megabytes": first["peak_megabytes"],
        "peak_kilobytes_per_slice": round(1000 * first["peak_megabytes"] / row["slices"], 1),
        "second_run_share": round(second["seconds"] / first["seconds"], 3),
        "second_run_share_in_nodes": round(second["seconds_in_nodes"] / first["seconds_in_nodes"], 3),
    }


def _copy_project(project: Path) -> Path:
    for name in ("conf", "src"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(PROJECT / name, project / name)
    return project


def _ingest(project: Path, options: PhantomOptions) -> dict[str, Any]:
    parameters = ",".join(f"phantoms.{name}={value}" for name, value in options.model_dump().items())
    command = [sys.executable, "-m", "kedro", "run", "--pipeline=ingestion", f"--params={parameters}"]
    log = project / "run.log"
    start = time.perf_counter()
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=project, env={**os.environ, "PYTHONPATH": str(project / "src"), "COLUMNS": "200"}, stdout=output, stderr=output
        )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        msg = f"The run failed: {log.read_text()[-2000:]}"
        raise RuntimeError(msg)
    seconds = time.perf_counter() - start
    nodes = _time_nodes(log.read_text())
    work = {"seconds": round(seconds, 1), "seconds_in_nodes": sum(nodes.values()), "nodes": nodes}
    work |= {"processor_seconds": round(usage.ru_utime + usage.ru_stime, 1)}
    return {**work, "peak_megabytes": round(usage.ru_maxrss / 1024)}


def _time_nodes(log: str) -> dict[str, int]:
    """Tell the seconds from the start of each node to that of the next, of the last to the end."""
    lines = [match.groups() for match in _LINE.finditer(log)]
    times = [(int(hour) * 3600 + int(minute) * 60 + int(second), node) for hour, minute, second, node in lines]
    starts = [*((when, node) for when, node in times if node), (times[-1][0], "")]
    return {node: (after - begin) % 86_400 for (begin, node), (after, _) in pairwise(starts)}


def main() -> None:
    """Measure cohorts of the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--slices", type=int, nargs="+", default=[1_000, 10_000], help="sizes of cohorts")
    parser.add_argument("--size", type=int, default=64, help="height and width of a slice in pixels")
    parser.add_argument("--home", type=Path, help="folder to work in; by default a temporary one")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    print(describe_machine())
    rows = []
    with tempfile.TemporaryDirectory(dir=arguments.home) as name:
        for slices in arguments.slices:
            rows.append(measure_cohort(slices, arguments.size, Path(name)))
            print(json.dumps({"per_slice": describe_row(rows[-1]), "runs": rows[-1]}), flush=True)
            write_json(arguments.json, {"size": arguments.size, "table": [describe_row(row) for row in rows], "runs": rows})


if __name__ == "__main__":
    main()
