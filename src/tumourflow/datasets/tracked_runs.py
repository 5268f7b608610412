"""Runs that MLflow has tracked, and what each of them left below data/."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from tumourflow.datasets.run_records import LISTED, SHORT, RunRecord, choose_run, describe_run, read_tracked_manifest, record_run, run_name
from tumourflow.errors import UserError

if TYPE_CHECKING:
    from mlflow.entities import Run

Definitions = Mapping[str, Mapping[str, Any]]
"""Entries of the catalog by the name of the dataset."""

JUDGED = "test.volume_dice"
"""Metric of a run that has judged a network."""
_PAGE = 1000
_MADE_BY = {"case_scores": "`segmentation` or `evaluation`", "class_scores": "`classification`", "radiomics_scores": "`radiomics`"}


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
        """Find a finished run that judged a model.

        Args:
            text: Its id or name, or how either begins; what fits wholly goes before what fits at the start, an id before a name.
            scores: Dataset that such a run has made.

        Raises:
            UserError: Where no run fits, or several do, or the one that does is not finished, or left no such scores.
        """
        run = choose_run(text, list(self._search()), self._explain_missing)
        if run.info.status != "FINISHED":
            msg = f"The run {describe_run(run)} is {run.info.status.lower()}, and only a finished run can be read: name another one."
            raise UserError(msg)
        manifest = read_tracked_manifest(run.info.run_id) or {}
        if scores not in manifest.get("outputs", {}):
            msg = f"The run {describe_run(run)} left no `{scores}`, which runs are judged by here: name one of {_MADE_BY[scores]}."
            raise UserError(msg)
        return TrackedRun(run.info.run_id, run_name(run), dict(run.data.params), manifest["versions"], self.definitions)

    def records(self) -> list[RunRecord]:
        """List all runs that were not deleted, the newest first, but for the one that is open."""
        import mlflow

        own = mlflow.active_run()
        return [record_run(run) for run in self._search() if own is None or run.info.run_id != own.info.run_id]

    def first(self) -> RunRecord | None:
        """Find the run that began first, deleted ones among them; none where MLflow knows none."""
        import mlflow

        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name(self.cohort)
        if experiment is None:
            return None
        everything, order = mlflow.entities.ViewType.ALL, ["attributes.start_time ASC"]
        found = client.search_runs([experiment.experiment_id], run_view_type=everything, max_results=1, order_by=order)
        return record_run(found[0]) if found else None

    def find_records(self, run_ids: Iterable[str]) -> list[RunRecord]:
        """Look runs up by their ids, deleted ones too; those of which MLflow knows nothing any more are left out."""
        import mlflow

        found = []
        for run_id in run_ids:
            with contextlib.suppress(mlflow.exceptions.MlflowException):
                found.append(record_run(mlflow.MlflowClient().get_run(run_id)))
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
            listed = ", ".join(map(describe_run, judging[:LISTED]))
            known = f"the newest that judged a network are {listed}" if listed else "it has none that judged a network"
            return f"MLflow knows no run {text!r} (`runs`) of the cohort `{self.cohort}`: {known}."
        if run.info.lifecycle_stage == "deleted":
            return f"The run {describe_run(run)} was deleted in MLflow: restore it there, or name another one."
        cohort = client.get_experiment(run.info.experiment_id).name
        told = f"The run {describe_run(run)} is of the cohort `{cohort}`, not of `{self.cohort}`"
        return f"{told}: compare runs of one cohort, chosen by --env."


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
