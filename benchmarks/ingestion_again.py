"""Ingest a cohort, then again and again with nothing changed; and run, in between, a Kedro project that does nothing.

    python benchmarks/ingestion_again.py --env busi --raw PATH --rounds 5

The project that does nothing, with kedro-mlflow beside it as here but without what is done here for a quick start, tells how much of
every run is the start of Kedro and MLflow. The machine must have nothing else to do.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from copied_project import copy_project, ingest, run_kedro
from report import describe_machine, write_json

EMPTY = {
    "pyproject.toml": '[tool.kedro]\npackage_name = "empty"\nproject_name = "empty"\nkedro_init_version = "1.0.0"\n',
    ".telemetry": "consent: false\n",
    "src/empty/__init__.py": "",
    "src/empty/settings.py": "",
    "src/empty/pipeline_registry.py": (
        "from kedro.pipeline import node, pipeline\n\n\n"
        "def register_pipelines():\n"
        '    return {"__default__": pipeline([node(lambda: 1, None, "one", name="one")])}\n'
    ),
    "conf/base/catalog.yml": "{}\n",
    "conf/local/.gitkeep": "",
    "conf/base/mlflow.yml": "server:\n  mlflow_tracking_uri: sqlite:///mlflow.db\n",
}
"""Files of a project of one node that gives a number."""


def main() -> None:
    """Measure and print the shares."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(dir=arguments.home) as name:
        figures = measure(arguments.env, arguments.raw.resolve(), arguments.rounds, Path(name))
    print(describe_machine())
    for name, value in figures.items():
        print(f"{name}: {value}")
    write_json(arguments.json, figures)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env", required=True, help="cohort, one of conf/")
    parser.add_argument("--raw", type=Path, required=True, help="its folder")
    parser.add_argument("--rounds", type=int, default=5, help="how often it is ingested again")
    parser.add_argument("--home", type=Path, help="folder to work in; by default a temporary one")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


def measure(cohort: str, raw: Path, rounds: int, home: Path) -> dict[str, Any]:
    """Time the first run, and by turns later ones and the project that does nothing."""
    project, empty = copy_project(home / "project"), write_empty_project(home / "empty")
    run_kedro(empty)
    # Bytecode is not what is measured.
    run_kedro(project, "--pipeline=ingestion", "--params=phantoms.patients=4,phantoms.slices=4")
    options = f"--env={cohort}", f"--params=raw_root={raw}"
    first = ingest(project, cohort, *options)
    later, nothing = [], []
    for _ in range(rounds):
        later.append(ingest(project, cohort, *options))
        nothing.append(run_kedro(empty))
    tracked = [run["tracked_seconds"] for run in (first, *later)]
    seconds = {name: [run["seconds"] for run in runs] for name, runs in (("again", later), ("empty_project", nothing))}
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "images": first["images_written"],
        "first_seconds": first["seconds"],
        **{f"{name}_seconds": values for name, values in seconds.items()},
        **{f"{name}_share_of_first": round(median / first["seconds"], 3) for name, median in medians.items()},
        "tracked_seconds": tracked,
        "tracked_share_of_first": round(statistics.median(tracked[1:]) / tracked[0], 3),
        "images_written_again": sum(run["images_written"] for run in later),
        "megabytes_of_images": first["megabytes_of_images"],
        "megabytes_of_tables_again": later[-1]["megabytes_of_tables"],
    }


def write_empty_project(project: Path) -> Path:
    """Write a Kedro project that does nothing but start and be tracked."""
    for name, text in EMPTY.items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return project


if __name__ == "__main__":
    main()
