"""The models that a cohort has in MLflow's registry, and which of them is the champion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kedro.io import AbstractDataset

from tumourflow.datasets.run_records import MISSING

CHAMPION = "champion"
"""Alias of the version that is used where none is named."""


@dataclass(frozen=True)
class ModelVersion:
    """A version of a registered model.

    Attributes:
        version: Its number.
        run_id: The run that made it, or nothing where it was registered by none.
    """

    version: int
    run_id: str | None


class RegisteredModels:
    """Reads the registry, and gives a version the alias `champion`; a model is called `<cohort>-<task>`.

    Attributes:
        cohort: Name of the cohort.
    """

    def __init__(self, cohort: str) -> None:
        self.cohort = cohort

    def name(self, task: str) -> str:
        """Name the model of a task.

        Example:
            >>> RegisteredModels("lgg").name("segmentation")
            'lgg-segmentation'
        """
        return f"{self.cohort}-{task}"

    def versions(self, task: str) -> list[ModelVersion]:
        """List the versions of a task's model, the oldest first; none where there is no such model."""
        import mlflow

        found = mlflow.MlflowClient().search_model_versions(f"name='{self.name(task)}'")
        return sorted((ModelVersion(int(each.version), each.run_id or None) for each in found), key=lambda each: each.version)

    def sources(self) -> list[str]:
        """List the runs that made any version of any model of the cohort."""
        import mlflow

        start = self.name("")
        models = mlflow.MlflowClient().search_registered_models(filter_string=f"name LIKE '{start}%'")
        tasks = [model.name.removeprefix(start) for model in models if model.name.startswith(start)]
        return sorted({each.run_id for task in tasks for each in self.versions(task) if each.run_id})

    def champion(self, task: str) -> int | None:
        """Tell which version is the champion, or nothing where none is."""
        import mlflow

        try:
            aliases = mlflow.MlflowClient().get_registered_model(self.name(task)).aliases
        except mlflow.exceptions.MlflowException as error:
            if error.error_code != MISSING:
                raise
            return None
        return int(aliases[CHAMPION]) if CHAMPION in aliases else None

    def crown(self, task: str, version: int) -> None:
        """Make a version the champion, in place of the one that was."""
        import mlflow

        mlflow.MlflowClient().set_registered_model_alias(self.name(task), CHAMPION, str(version))

    def mark(self, task: str, version: int, *, leaky: bool) -> None:
        """Say of a version whether its split leaks, as its run's tag does: a version may be looked at without its run."""
        import mlflow

        mlflow.MlflowClient().set_model_version_tag(self.name(task), str(version), "leaky", str(leaky).lower())


class RegisteredModelsDataset(AbstractDataset[Mapping[str, int], RegisteredModels]):
    """Hands out a `RegisteredModels`; takes the versions that are to be champions, by task.

    Attributes:
        cohort: Name of the cohort.
    """

    def __init__(self, *, cohort: str, metadata: dict[str, Any] | None = None) -> None:
        self._cohort = cohort
        self.metadata = metadata

    def load(self) -> RegisteredModels:
        """Hand out the registry."""
        return RegisteredModels(self._cohort)

    def save(self, data: Mapping[str, int]) -> None:
        """Make each version the champion of its task."""
        for task, version in data.items():
            self.load().crown(task, version)

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"cohort": self._cohort}
