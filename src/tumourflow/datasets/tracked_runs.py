"""Runs that MLflow has tracked, and what each of them left below data/."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from tumourflow.datasets.version_name import version_time
from tumourflow.errors import UserError

if TYPE_CHECKING:
    from mlflow.entities import Run

Definitions = Mapping[str, Mapping[str, Any]]
"""Entries of the catalog by the name of the dataset."""

MANIFEST_FOLDER = "08_reporting"
MANIFEST_FILE = f"{MANIFEST_FOLDER}/run_manifest.json"
"""Where a run's manifest lies among its artifacts."""
JUDGED = "test.volume_dice"
"""Metric of a run that has judged a network."""
SHORT = 6
"""Digits of a run's id that tell it from others in a sentence."""
_LISTED = 5
_INPUT = "input."
_PAGE = 1000


@dataclass(frozen=True)
class TrackedRun:
    """A finished run, which reads the very versions that it made or worked on.

    Attributes:
        run_id: MLflow's.
        name: MLflow's; several runs may have the same.
        parameters: As MLflow has them, by dotted name.
        versions: Of each dataset, as the run's manifest names them.
        definitions: How to read them.
    """

    run_id: str
    name: str
    parameters: Mapping[str, str]
    versions: Mapping[str, str]
    definitions: Definitions

    def read(self, dataset: str) -> Any:
        """Read a dataset in the version of this run.

        Raises:
            UserError: Where the run has none, or where it is not there any more.
        """
        version = self.versions.get(dataset)
        if version is None:
            msg = f"The run {self} neither made nor read `{dataset}`: name one of a whole pipeline."
            raise UserError(msg)
        # Kedro takes the definition that it reads apart.
        definition = copy.deepcopy(dict(self.definitions[dataset]))
        found = AbstractDataset.from_config(dataset, definition, load_version=version)
        if not found.exists():
            msg = f"`{dataset}` of the run {self} is no longer below data/ (version {version}): that version was removed, name another run."
            raise UserError(msg)
        return found.load()

    def __str__(self) -> str:
        """Name the run as a person tells it from others."""
        return f"{self.name} {self.run_id[:SHORT]}"


@dataclass(frozen=True)
class RunRecord:
    """What MLflow has noted of a run, finished or not.

    Attributes:
        run_id: MLflow's.
        version: Under which the run saves; empty where that is not known.
        status: `RUNNING`, `FINISHED`, `FAILED` or `KILLED`.
        began: When it began.
        inputs: Versions that it reads, by dataset.
    """

    run_id: str
    version: str
    status: str
    began: datetime
    inputs: Mapping[str, str]


class TrackedRuns:
    """Finds the runs of one cohort.

    Attributes:
        cohort: Name of the experiment in MLflow.
        definitions: Entries of the catalog that a run can read.
    """

    def __init__(self, cohort: str, definitions: Definitions) -> None:
        self.cohort = cohort
        self.definitions = definitions

    def find(self, text: str, scores: str = "case_scores") -> TrackedRun:
        """Find a finished run that judged a network.

        Args:
            text: Its id or name, or how either begins; what fits wholly goes before what fits at the start, an id before a name.
            scores: Dataset that such a run has made.

        Raises:
            UserError: Where no run fits, or several do, or the one that does is not finished, or was none that judged a network.
        """
        run = _choose(text, list(self._search()), self._explain_missing)
        if run.info.status != "FINISHED":
            msg = f"The run {_describe(run)} is {run.info.status.lower()}, and only a finished run can be read: name another one."
            raise UserError(msg)
        manifest = read_tracked_manifest(run.info.run_id) or {}
        if scores not in manifest.get("outputs", {}):
            msg = (
                f"The run {_describe(run)} judged no network, for it left no `{scores}`: name one of a whole pipeline, or of `evaluation`."
            )
            raise UserError(msg)
        return TrackedRun(run.info.run_id, _name(run), dict(run.data.params), manifest["versions"], self.definitions)

    def records(self) -> list[RunRecord]:
        """List all runs that were not deleted, the newest first, but for the one that is open."""
        import mlflow

        own = mlflow.active_run()
        return [_record(run) for run in self._search() if own is None or run.info.run_id != own.info.run_id]

    def find_records(self, run_ids: Iterable[str]) -> list[RunRecord]:
        """Look runs up by their ids, deleted ones too; those of which MLflow knows nothing any more are left out."""
        import mlflow

        found = []
        for run_id in run_ids:
            with contextlib.suppress(mlflow.exceptions.MlflowException):
                found.append(_record(mlflow.MlflowClient().get_run(run_id)))
        return found

    def read_manifest(self, run_id: str) -> dict[str, Any] | None:
        """Read the manifest that a run has logged, or nothing where it has logged none."""
        return read_tracked_manifest(run_id)

    def _search(self) -> Iterator[Run]:
        import mlflow

        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name(self.cohort)
        token: str | None = ""
        while experiment and token is not None:
            page = client.search_runs([experiment.experiment_id], max_results=_PAGE, page_token=token or None)
            yield from page
            token = page.token or None

    def _explain_missing(self, text: str, there: Sequence[Run]) -> str:
        import mlflow

        client = mlflow.MlflowClient()
        try:
            run = client.get_run(text)
        except mlflow.exceptions.MlflowException:
            judging = [run for run in there if JUDGED in run.data.metrics]
            listed = ", ".join(map(_describe, judging[:_LISTED]))
            known = f"the newest that judged a network are {listed}" if listed else "it has none that judged a network"
            return f"MLflow knows no run {text!r} (`runs`) of the cohort `{self.cohort}`: {known}."
        if run.info.lifecycle_stage == "deleted":
            return f"The run {_describe(run)} was deleted in MLflow: restore it there, or name another one."
        cohort = client.get_experiment(run.info.experiment_id).name
        return f"The run {_describe(run)} is of the cohort `{cohort}`, not of `{self.cohort}`: compare runs of one cohort, chosen by --env."


class TrackedRunsDataset(AbstractDataset[Any, TrackedRuns]):
    """Hands out a `TrackedRuns`; the runs themselves are written by the hook that tracks them.

    Attributes:
        experiment: The cohort's name.
        datasets: Entries of the catalog that a run can read.
    """

    def __init__(self, *, experiment: str, datasets: Definitions, metadata: dict[str, Any] | None = None) -> None:
        self._experiment = experiment
        self._datasets = datasets
        self.metadata = metadata

    def load(self) -> TrackedRuns:
        """Hand out the runs."""
        return TrackedRuns(self._experiment, self._datasets)

    def save(self, data: Any) -> None:
        """Refuse: runs are tracked by the hook.

        Raises:
            NotImplementedError: Always.
        """
        msg = "Runs are tracked by the hook, not saved by a node."
        raise NotImplementedError(msg)

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"experiment": self._experiment}


def read_tracked_manifest(run_id: str) -> dict[str, Any] | None:
    """Read the manifest that a run has logged, or nothing where it has logged none."""
    import mlflow

    files = mlflow.MlflowClient().list_artifacts(run_id, MANIFEST_FOLDER)
    if MANIFEST_FILE not in {file.path for file in files}:
        return None
    manifest: dict[str, Any] = mlflow.artifacts.load_dict(f"runs:/{run_id}/{MANIFEST_FILE}")
    return manifest


def _choose(text: str, runs: Sequence[Run], explain_missing: Callable[[str, Sequence[Run]], str]) -> Run:
    tests: tuple[Callable[[Run], bool], ...] = (
        lambda run: run.info.run_id == text,
        lambda run: _name(run) == text,
        lambda run: str(run.info.run_id).startswith(text),
        lambda run: _name(run).startswith(text),
    )
    fitting = next((found for fits in tests if (found := [run for run in runs if fits(run)])), [])
    if not fitting:
        raise UserError(explain_missing(text, runs))
    if len(fitting) > 1:
        listed = ", ".join(map(_describe, fitting[:_LISTED]))
        msg = f"{text!r} (`runs`) fits {len(fitting)} runs, the newest of which are {listed}: give more of the id of the one you mean."
        raise UserError(msg)
    return fitting[0]


def _record(run: Run) -> RunRecord:
    tags = run.data.tags
    inputs = {name.removeprefix(_INPUT): value for name, value in tags.items() if name.startswith(_INPUT)}
    began = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    # kedro-mlflow's tag of that name is Kedro's session, by which versions are named; it begins before MLflow's run does.
    version = tags.get("run_id", "")
    return RunRecord(run.info.run_id, version, run.info.status, min(began, version_time(version) or began), inputs)


def _name(run: Run) -> str:
    return str(run.info.run_name or "")


def _describe(run: Run) -> str:
    begun = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    return f"{_name(run)} {run.info.run_id[:SHORT]} of {begun:%Y-%m-%d %H:%M}"
