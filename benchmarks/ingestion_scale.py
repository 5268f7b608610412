"""Time, memory and disk of `kedro run --pipeline=ingestion` on more and more phantom slices: first, again, and with one file changed.

Every run is a process of its own. What a run takes that has next to nothing to do (a second run on 100 slices: Python, Kedro and MLflow
start, a run is tracked) is told apart, as no cohort makes it longer. Bytecode is kept, as Python does unless it is forbidden to.

Run it with nothing else on the machine; 100,000 slices take a quarter of an hour on two cores, five minutes of it for painting them:

    python benchmarks/ingestion_scale.py --slices 1000 10000 100000 --json FILE
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from copied_project import copy_project, ingest
from PIL import Image
from report import describe_machine, write_json

from tumourflow.cohorts.phantoms.write import write_phantoms
from tumourflow.options import PhantomOptions

SLICES_PER_PATIENT = 20
NEXT_TO_NOTHING = 100


def measure_cohort(slices: int, size: int, home: Path) -> dict[str, Any]:
    """Paint a cohort in a copy of the project, ingest it, ingest it again, and once more with one image changed."""
    project = copy_project(home / f"project_{slices}")
    options = PhantomOptions(patients=max(slices // SLICES_PER_PATIENT, 1), slices=SLICES_PER_PATIENT, size=size)
    raw = project / "data/01_raw/phantoms"
    write_phantoms(raw, options)
    painted = sorted(raw.rglob("*_mask.tif"))
    parameters = "--params=" + ",".join(f"phantoms.{name}={value}" for name, value in options.model_dump().items())
    runs = {name: ingest(project, "phantoms", parameters) for name in ("first", "second")}
    image = painted[len(painted) // 2].with_name(painted[len(painted) // 2].name.replace("_mask", ""))
    Image.open(image).point(lambda value: 255 - value).save(image, format="TIFF")
    runs["one_changed"] = ingest(project, "phantoms", parameters)
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
