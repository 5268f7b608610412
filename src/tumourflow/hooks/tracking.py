"""Every run in MLflow: parameters, versions, metrics, artifacts and the model, under the same names for every cohort."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mlflow
from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import AbstractVersionedDataset, DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro_mlflow.framework.hooks import MlflowHook
from mlflow.exceptions import MlflowException

from tumourflow.hooks.artifacts import require_own_place
from tumourflow.hooks.backend import find_backend
from tumourflow.hooks.database import lay_out_database
from tumourflow.hooks.manifests import MANIFEST, loaded_version
from tumourflow.hooks.model_registry import register_classifier, register_router, register_segmenter
from tumourflow.hooks.named_values import LONGEST_VALUE, describe_parameters, flatten, numbers
from tumourflow.hooks.run_tags import git_state, leakage_tags, typed_command
from tumourflow.hooks.type_registry import register_types
from tumourflow.options import parse_parameters
from tumourflow.options.networks import AUTO
from tumourflow.prediction.bundle import fingerprint_data
from tumourflow.startup import resting_collector, without

METRICS = {
    "segmentation_metrics": "",
    "cross_validated_metrics": "",
    "classification_metrics": "classification",
    "curation_summary": "curation",
    "canary_report": "canary",
    "router_metrics": "router",
    "leakage_premium": "experiment.premium",
    "radiomics_metrics": "radiomics",
    "comparison": "comparison",
    "promotion": "promotion",
    "findings_summary": "inference",
    "baselines_metrics": "baselines",
}
"""Datasets whose numbers are metrics, and what stands before their names."""
MODELS: dict[str, Callable[[Any, dict[str, Any], str], None]] = {
    "segmenter": register_segmenter,
    "classifier": register_classifier,
    "router": register_router,
    "type_model": register_types,
}
"""What registers those datasets that are models, which are not logged as files once more."""
TAKEN = "RESOURCE_ALREADY_EXISTS"


class TrackingHook(MlflowHook):  # type: ignore[misc]
    """kedro-mlflow's hook, which opens and closes the run, with what it does not log by itself."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Open the record of runs, and keep what a run is described by."""
        if not mlflow.active_run():
            lay_out_database(_find_tracking_uri(context))
        with resting_collector():
            self._open_experiment(context)
        self._parameters = describe_parameters(parse_parameters(context.config_loader["parameters"]))
        self._project_path = Path(context.project_path)

    def _open_experiment(self, context: KedroContext) -> None:
        try:
            super().after_context_created(context)
        except MlflowException as error:
            # Another first run of the cohort was quicker: now the experiment is there.
            if error.error_code != TAKEN:
                raise
            super().after_context_created(context)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Open the run; log each parameter under its own name, the state of the code and the versions of the inputs."""
        if not self._already_active_mlflow:
            require_own_place(self.mlflow_config.tracking.experiment._experiment, mlflow.get_tracking_uri(), Path.cwd())
        with without("IPython"), without("git"):  # the commit is told below, sooner than GitPython would
            super().before_pipeline_run(run_params, pipeline, catalog)
        if not self._is_mlflow_enabled:
            return
        _log_parameters(self.run_id, {name: str(value)[:LONGEST_VALUE] for name, value in self._parameters.items()})
        inputs = {f"input.{name}": version for name in sorted(pipeline.inputs()) if (version := loaded_version(catalog, name))}
        begun = {**typed_command(sys.argv), "keras_backend": find_backend(os.environ)[0], "outcome": "running"}
        mlflow.set_tags({**git_state(self._project_path), **inputs, **begun})

    @hook_impl
    def before_node_run(self, node: Node, catalog: DataCatalog, inputs: dict[str, Any], is_async: bool) -> None:
        """Go on with the run in a thread of its own, as MLflow's runs belong to a thread."""
        run = mlflow.active_run()
        if run is None or run.info.run_id != self.run_id:
            super().before_node_run(node, catalog, inputs, is_async)

    def _log_param(self, name: str, value: Any) -> None:
        """Log nothing at the nodes: all parameters were logged at the start."""

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Log metrics, artifacts and the model, then close the run."""
        if self._is_mlflow_enabled:
            self._log_results(pipeline, catalog)
        super().after_pipeline_run(run_params, pipeline, catalog)

    def _log_results(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        outputs = pipeline.all_outputs()
        for name in outputs & set(METRICS):
            mlflow.log_metrics(numbers(flatten(catalog.load(name), METRICS[name])))
        for name in [*sorted(outputs), MANIFEST] if outputs else []:  # a download leaves no manifest
            _log_file(catalog, name)
        if "plan" in outputs and self._parameters["training.network"] == AUTO:
            mlflow.log_params(flatten(catalog.load("plan"), "plan"))
        if "radiomics_choice" in outputs:
            choice = catalog.load("radiomics_choice")
            mlflow.log_params(flatten({name: choice[name] for name in ("classifier", "parameters")}, "radiomics.best"))
        mlflow.set_tags(leakage_tags(pipeline, catalog))
        if "promotion" in outputs:
            mlflow.set_tags({f"promotion.{task}": decision["reason"] for task, decision in catalog.load("promotion").items()})
        if {"cases", "splits"} <= pipeline.datasets():
            mlflow.set_tag("data_fingerprint", fingerprint_data(catalog.load("cases"), catalog.load("splits")))
        for name, register in MODELS.items():
            if {name, f"{name}_bundle"} <= outputs:
                register(catalog.load(name), catalog.load(f"{name}_bundle"), self.mlflow_config.tracking.experiment.name)
        mlflow.set_tag("outcome", "finished")

    @hook_impl
    def on_pipeline_error(self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Say in the run why it failed."""
        if self._is_mlflow_enabled and mlflow.active_run():
            mlflow.set_tag("outcome", f"failed: {error}"[:500])
        super().on_pipeline_error(error, run_params, pipeline, catalog)


def _find_tracking_uri(context: KedroContext) -> str:
    loader = context.config_loader
    patterns = loader.config_patterns  # type: ignore[attr-defined]  # of the loader that Kedro takes by itself
    patterns.setdefault("mlflow", ["mlflow*", "mlflow*/**", "**/mlflow*"])  # as kedro-mlflow does
    try:
        return str(loader["mlflow"].get("server", {}).get("mlflow_tracking_uri", ""))
    except MissingConfigException:
        return ""


def _log_parameters(run_id: str, values: Mapping[str, str]) -> None:
    # MLflow keeps the first value of a parameter for good; what a run goes on with is a tag.
    before = mlflow.get_run(run_id).data.params
    mlflow.log_params({name: value for name, value in values.items() if name not in before})
    mlflow.set_tags({f"resumed.{name}": value for name, value in values.items() if before.get(name, value) != value})


def _log_file(catalog: DataCatalog, name: str) -> None:
    # Folders (arrays, masks) stay where they are: the manifest, which is logged, names their versions. What this run has not written, as a
    # manifest where nothing was made that has versions, is that of another.
    dataset = catalog.get(name)
    if not isinstance(dataset, AbstractVersionedDataset) or not dataset._version or name in MODELS:
        return
    if dataset._version.load != dataset._version.save:
        return
    path = Path(dataset._get_load_path())
    if path.is_file():
        mlflow.log_artifact(str(path), artifact_path=path.parents[3].name)
