"""Every run in MLflow: parameters, versions, metrics, artifacts and the model, under the same names for every cohort."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import AbstractVersionedDataset, DataCatalog
from kedro.pipeline import Pipeline
from kedro_mlflow.framework.hooks import MlflowHook

from tumourflow.hooks.model_registry import register_segmenter
from tumourflow.hooks.versions import MANIFEST, read_manifest
from tumourflow.options import parse_parameters

METRICS = ("segmentation_metrics", "curation_summary")


class TrackingHook(MlflowHook):  # type: ignore[misc]
    """kedro-mlflow's hook, which opens and closes the run, with what it does not log by itself."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep what a run is described by."""
        super().after_context_created(context)
        self._parameters = flatten(parse_parameters(context.config_loader["parameters"]).model_dump(mode="json"))
        self._project_path = Path(context.project_path)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Open the run; log each parameter under its own name, the state of the code and the versions of the inputs."""
        super().before_pipeline_run(run_params, pipeline, catalog)
        if not self._is_mlflow_enabled:
            return
        mlflow.log_params({name: value for name, value in self._parameters.items() if len(str(value)) <= 500})
        versions = read_manifest(catalog).get("versions", {})
        inputs = {f"input.{name}": version for name, version in versions.items() if name in pipeline.inputs()}
        mlflow.set_tags({**git_state(self._project_path), **inputs, "outcome": "running"})

    def _log_param(self, name: str, value: Any) -> None:
        """Log nothing at the nodes: all parameters were logged at the start."""

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Log metrics, artifacts and the model, then close the run."""
        if self._is_mlflow_enabled:
            outputs = sorted(pipeline.all_outputs())
            for name in set(METRICS) & set(outputs):
                mlflow.log_metrics(numbers(flatten(catalog.load(name))))
            for name in [*outputs, MANIFEST]:
                _log_file(catalog, name)
            if {"segmenter", "segmenter_bundle"} <= set(outputs):
                bundle = catalog.load("segmenter_bundle")
                mlflow.set_tag("data_fingerprint", bundle["data_fingerprint"])
                register_segmenter(catalog.load("segmenter"), bundle, self.mlflow_config.tracking.experiment.name)
            mlflow.set_tag("outcome", "finished")
        super().after_pipeline_run(run_params, pipeline, catalog)

    @hook_impl
    def on_pipeline_error(self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Say in the run why it failed."""
        if self._is_mlflow_enabled and mlflow.active_run():
            mlflow.set_tag("outcome", f"failed: {error}"[:500])
        super().on_pipeline_error(error, run_params, pipeline, catalog)


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give each leaf of a nested dictionary its dotted name; a metric's `value` takes the name of the metric.

    Example:
        >>> flatten({"test": {"volume_dice": {"value": 0.8, "low": 0.7}}})
        {'test.volume_dice': 0.8, 'test.volume_dice.low': 0.7}
    """
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = prefix if key == "value" and prefix else f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            flat |= flatten(value, name)
        else:
            flat[name] = value
    return flat


def numbers(flat: Mapping[str, Any]) -> dict[str, float]:
    """Keep what MLflow can plot: numbers, but neither booleans nor missing values."""
    return {name: float(v) for name, v in flat.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def git_state(project_path: Path) -> dict[str, str]:
    """Tell the commit of the project and whether the tree held changes beyond it; empty outside a repository."""
    try:
        commit = _git(project_path, "rev-parse", "HEAD")
        return {"git_commit": commit, "git_dirty": str(bool(_git(project_path, "status", "--porcelain"))).lower()}
    except (OSError, subprocess.CalledProcessError):
        return {}


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def _log_file(catalog: DataCatalog, name: str) -> None:
    # Folders (arrays, masks) stay where they are: the manifest, which is logged, names their versions.
    dataset = catalog.get(name)
    if not isinstance(dataset, AbstractVersionedDataset) or not dataset._version or name == "segmenter":
        return
    path = Path(dataset._get_load_path())
    if path.is_file():
        mlflow.log_artifact(str(path), artifact_path=path.parents[3].name)
