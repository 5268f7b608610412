"""What MLflow has noted of runs, and which one a person means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tumourflow.datasets.version_name import version_time
from tumourflow.errors import UserError

if TYPE_CHECKING:
    from mlflow.entities import Run

MANIFEST_FOLDER = "08_reporting"
MANIFEST_FILE = f"{MANIFEST_FOLDER}/run_manifest.json"
"""Where a run's manifest lies among its artifacts."""
SHORT = 6
"""Digits of a run's id that tell it from others in a sentence."""
LISTED = 5
"""Runs that a sentence names."""
MISSING = "RESOURCE_DOES_NOT_EXIST"
"""What MLflow answers where it does not know what it was asked for."""
_INPUT = "input."


@dataclass(frozen=True)
class RunRecord:
    """What MLflow has noted of a run, finished or not.

    Attributes:
        run_id: MLflow's.
        version: Under which the run saves; empty where that is not known.
        status: `RUNNING`, `FINISHED`, `FAILED` or `KILLED`.
        began: When it began, or was gone on with.
        inputs: Versions that it reads, by dataset.
    """

    run_id: str
    version: str
    status: str
    began: datetime
    inputs: Mapping[str, str]


def record_run(run: Run) -> RunRecord:
    """Take from a run of MLflow what it says of versions and times."""
    tags = run.data.tags
    inputs = {name.removeprefix(_INPUT): value for name, value in tags.items() if name.startswith(_INPUT)}
    began = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    # kedro-mlflow's tag of that name is Kedro's session, by which versions are named; it begins before MLflow's run does,
    # and anew with each time that a run is gone on with.
    version = tags.get("run_id", "")
    return RunRecord(run.info.run_id, version, run.info.status, version_time(version) or began, inputs)


def choose_run(text: str, runs: Sequence[Run], explain_missing: Callable[[str, Sequence[Run]], str]) -> Run:
    """Choose the one run that a text names.

    Args:
        text: Its id or name, or how either begins; what fits wholly goes before what fits at the start.
        runs: Those to choose from, the newest first.
        explain_missing: Says why none fits.

    Raises:
        UserError: Where none fits, or several do.
    """
    tests: tuple[Callable[[Run], bool], ...] = (
        lambda run: run.info.run_id == text,
        lambda run: run_name(run) == text,
        lambda run: str(run.info.run_id).startswith(text),
        lambda run: run_name(run).startswith(text),
    )
    fitting = next((found for fits in tests if (found := [run for run in runs if fits(run)])), [])
    if not fitting:
        raise UserError(explain_missing(text, runs))
    if len(fitting) > 1:
        listed = ", ".join(map(describe_run, fitting[:LISTED]))
        msg = f"{text!r} (`runs`) fits {len(fitting)} runs, the newest of which are {listed}: give more of the id of the one you mean."
        raise UserError(msg)
    return fitting[0]


def read_tracked_manifest(run_id: str) -> dict[str, Any] | None:
    """Read the manifest that a run has logged, or nothing where it has logged none."""
    import mlflow

    files = mlflow.MlflowClient().list_artifacts(run_id, MANIFEST_FOLDER)
    if MANIFEST_FILE not in {file.path for file in files}:
        return None
    manifest: dict[str, Any] = mlflow.artifacts.load_dict(f"runs:/{run_id}/{MANIFEST_FILE}")
    return manifest


def is_tracked(run_id: str) -> bool:
    """Tell whether MLflow has a run, and has it not as deleted: another server, or a new database, does not know it."""
    import mlflow

    try:
        run = mlflow.MlflowClient().get_run(run_id)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != MISSING:
            raise
        return False
    return bool(run.info.lifecycle_stage == "active")


def run_name(run: Run) -> str:
    """Give the name of a run, which others may have too."""
    return str(run.info.run_name or "")


def describe_run(run: Run) -> str:
    """Name a run as a person tells it from others."""
    begun = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    return f"{run_name(run)} {run.info.run_id[:SHORT]} of {begun:%Y-%m-%d %H:%M}"
