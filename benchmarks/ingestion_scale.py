"""Time, memory and disk of `kedro run --pipeline=ingestion` on more and more phantom slices: first, again, and with one file changed.

Every run is a process of its own. What a run takes that has next to nothing to do (a second run on 100 slices: Python, Kedro and MLflow
start, a run is tracked) is told apart, as no cohort makes it longer. Bytecode is kept, as Python does unless it is forbidden to.

Run it with nothing else on the machine; 100,000 slices take a quarter of an hour on two cores, five minutes of it for painting them:

    python benchmarks/ingestion_scale.py --slices 1000 10000 100000 --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image
from report import describe_machine, write_json

from tumourflow.cohorts.phantoms.write import write_phantoms
from tumourflow.options import PhantomOptions

PROJECT = Path(__file__).resolve().parents[1]
SLICES_PER_PATIENT = 20
NEXT_TO_NOTHING = 100


def measure_cohort(slices: int, size: int, home: Path) -> dict[str, Any]:
    """Paint a cohort in a copy of the project, ingest it, ingest it again, and once more with one image changed."""
    project = _copy_project(home / f"project_{slices}")
    options = PhantomOptions(patients=max(slices // SLICES_PER_PATIENT, 1), slices=SLICES_PER_PATIENT, size=size)
    raw = project / "data/01_raw/phantoms"
    write_phantoms(raw, options)
    painted = sorted(raw.rglob("*_mask.tif"))
    runs = {"first": _ingest(project, options), "second": _ingest(project, options)}
    image = painted[len(painted) // 2].with_name(painted[len(painted) // 2].name.replace("_mask", ""))
    Image.open(image).point(lambda value: 255 - value).save(image, format="TIFF")
    runs["one_changed"] = _ingest(project, options)
    shutil.rmtree(project)
    return {"slices": len(painted), **runs}


def describe_row(row: dict[str, Any], start_up: dict[str, Any]) -> dict[str, float]:
    """Put the figures of a cohort on one slice, and those of the later runs into proportion."""
    first, second, changed, slices = row["first"], row["second"], row["one_changed"], row["slices"]
    work = {name: row[name]["seconds"] - start_up["seconds"] for name in ("first", "second", "one_changed")}
    return {
        "slices": slices,
        "first_seconds": first["seconds"],
        "second_seconds": second["seconds"],
        "one_changed_seconds": changed["seconds"],
        "start_up_seconds": start_up["seconds"],
        "second_to_first": round(second["seconds"] / first["seconds"], 3),
        "second_to_first_without_start_up": round(work["second"] / work["first"], 3),
        "one_changed_to_first_without_start_up": round(work["one_changed"] / work["first"], 3),
        "milliseconds_per_slice": round(1000 * work["first"] / slices, 2),
        "processor_milliseconds_per_slice": round(1000 * (first["processor_seconds"] - start_up["processor_seconds"]) / slices, 2),
        "peak_mib": max(first["peak_mib"], second["peak_mib"]),
        "peak_kib_per_slice_beyond_start_up": round(1024 * (first["peak_mib"] - start_up["peak_mib"]) / slices, 1),
        "images_written": first["images_written"],
        "images_written_by_second": second["images_written"],
        "images_written_by_one_changed": changed["images_written"],
        "megabytes_of_images": first["megabytes_of_images"],
        "megabytes_of_tables_per_run": second["megabytes_of_tables"],
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
    allowed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    bytecode = {"PYTHONPATH": str(project / "src"), "PYTHONPYCACHEPREFIX": str(project.parent / "bytecode")}
    before, log = _measure_disk(project), project / "run.log"
    start = time.perf_counter()
    with log.open("wb") as output:
        child = subprocess.Popen(command, cwd=project, env={**allowed, **bytecode}, stdout=output, stderr=output)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        msg = f"The run failed: {log.read_text()[-2000:]}"
        raise RuntimeError(msg)
    used = {"seconds": round(seconds, 1), "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1)}
    added = {name: round(value - before[name], 1) for name, value in _measure_disk(project).items()}
    return {**used, "peak_mib": round(usage.ru_maxrss / 1024), **added}


def _measure_disk(project: Path) -> dict[str, float]:
    """Count the images that are stored, and the megabytes of them and of all versions of tables and figures."""
    home = project / "data/02_intermediate/phantoms/images"
    images = [file.stat().st_size for file in home.rglob("*.png")]
    others = [file for file in (project / "data").rglob("*") if file.is_file() and "01_raw" not in file.parts and home not in file.parents]
    tables = sum(file.stat().st_size for file in others if file.suffix != ".sqlite")
    return {"images_written": len(images), "megabytes_of_images": sum(images) / 1e6, "megabytes_of_tables": tables / 1e6}


def main() -> None:
    """Measure cohorts of the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--slices", type=int, nargs="+", default=[1_000, 10_000], help="sizes of cohorts")
    parser.add_argument("--size", type=int, default=64, help="height and width of a slice in pixels")
    parser.add_argument("--home", type=Path, help="folder to work in; by default a temporary one")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    print(describe_machine())
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=arguments.home) as name:
        start_up = measure_cohort(NEXT_TO_NOTHING, arguments.size, Path(name))["second"]
        for slices in arguments.slices:
            rows.append(measure_cohort(slices, arguments.size, Path(name)))
            table = [describe_row(row, start_up) for row in rows]
            print(json.dumps(table[-1]), flush=True)
            write_json(arguments.json, {"size": arguments.size, "start_up": start_up, "table": table, "runs": rows})


if __name__ == "__main__":
    main()
