"""An interrupted training goes on in the run that it began in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from tumourflow.datasets import CheckpointDataset
from tumourflow.errors import UserError
from tumourflow.hooks.named_values import describe_parameters
from tumourflow.options import parse_parameters

CHECKPOINT = "training_checkpoint"
SEED_NETWORKS = "seed_networks"
FREE = {"raw_root", "scheduler", "training.devices", "training.learning_rate"}
"""Parameters that may be others when a training goes on: where it runs, and the rate, should the loss have ceased to be a number."""


class ResumeHook:
    """Finds the run of the interrupted training, and notes in each state of a training whose it is."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Where `training.resume` is set, have MLflow go on with the run that was interrupted.

        Raises:
            UserError: Where none was, or where it had other parameters.
        """
        parameters = parse_parameters(context.config_loader["parameters"])
        self._parameters = describe_parameters(parameters)
        if not parameters.training.resume:
            return
        path = Path(context.project_path) / context.config_loader["catalog"][CHECKPOINT]["filepath"]
        facts = CheckpointDataset(filepath=str(path)).load().read_facts()
        if facts is None:
            msg = f"`training.resume` is true, but no training of this cohort was interrupted ({path.name} is not there): leave it out."
            raise UserError(msg)
        _require_same(facts["parameters"], self._parameters)
        context.mlflow.tracking.run.id = facts["run_id"]  # type: ignore[attr-defined]  # kedro-mlflow adds it

    @hook_impl(trylast=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Note the run and its parameters in each state that the training will keep."""
        import mlflow

        if CHECKPOINT in pipeline.inputs():
            run = mlflow.active_run()
            dataset: CheckpointDataset = catalog[CHECKPOINT]  # type: ignore[assignment]  # by the catalog's configuration
            dataset.stamp = {"run_id": run.info.run_id if run else None, "parameters": self._parameters}

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Remove the state, and the networks that were kept until all are there: everything has come to its end."""
        for name in {CHECKPOINT, SEED_NETWORKS} & pipeline.inputs():
            catalog[name].load().clear()


def _require_same(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    changed = sorted(name for name in before.keys() | now.keys() if name not in FREE and before.get(name) != now.get(name))
    if changed:
        told = "; ".join(f"`{name}` was {before.get(name)!r} and is {now.get(name)!r}" for name in changed)
        msg = f"`training.resume` is true, but the interrupted training had other parameters: {told}. Give the same, or begin a new one."
        raise UserError(msg)
