"""An interrupted training goes on in the run that it began in."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from tumourflow.datasets import CheckpointDataset, is_tracked
from tumourflow.datasets.checkpoint import Checkpoint
from tumourflow.errors import UserError
from tumourflow.hooks.named_values import describe_parameters
from tumourflow.options import parse_parameters

CHECKPOINTS = ("training_checkpoint", "fold_checkpoint", "classifier_checkpoint")
"""The state of each training that can go on: one leaves that of another alone."""

NETWORKS = ("seed_networks", "classifier_seed_networks")
FREE = {"raw_root", "scheduler", "training.devices", "training.learning_rate"}
"""Parameters that may be others when a training goes on: where it runs, and the rate, should the loss have ceased to be a number."""

logger = logging.getLogger(__name__)


class ResumeHook:
    """Finds the run of the interrupted training, and notes in each state of a training whose it is."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep what a training is told by."""
        self._context = context
        parameters = parse_parameters(context.config_loader["parameters"])
        self._resume, self._parameters = parameters.training.resume, describe_parameters(parameters)

    @hook_impl(wrapper=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> Generator[None, list[None], list[None]]:
        """Have MLflow go on with the run that was interrupted, where `training.resume` is set; note the run in each state to be kept.

        It stands around the other hooks: one of them opens the run.

        Raises:
            UserError: Where no training was interrupted, or another one, or one with other parameters, or where it is still under way.
        """
        import mlflow

        self._hold(pipeline, catalog)
        whose = {"pipeline": _name(run_params), "trains": _trainings(pipeline), "parameters": self._parameters}
        if self._resume:
            self._context.mlflow.tracking.run.id = _find_run(_find_states(pipeline, catalog), whose)  # type: ignore[attr-defined]  # kedro-mlflow adds it
        others = yield
        run = mlflow.active_run()
        for name in pipeline.inputs().intersection(CHECKPOINTS):
            _checkpoint(catalog, name).stamp = {"run_id": run.info.run_id if run else None, **whose}
        return others

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Remove the state, and the networks that were kept until all are there: everything has come to its end.

        What another run keeps, which is under way or was interrupted, stays.
        """
        inputs = pipeline.inputs()
        own = {
            name for name in inputs.intersection(CHECKPOINTS) if self._resume or not _checkpoint(catalog, name).load().is_of_another_run()
        }
        over = own | (inputs.intersection(NETWORKS) if own == inputs.intersection(CHECKPOINTS) else set())
        for name in over:
            catalog[name].load().clear()
        for name in inputs.intersection(CHECKPOINTS):
            _checkpoint(catalog, name).load().release()

    def _hold(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        for name in sorted(pipeline.inputs().intersection(CHECKPOINTS)):
            state = _checkpoint(catalog, name).load()
            if state.hold():
                continue
            if self._resume:
                msg = f"`training.resume` is true, but the training whose state is {state.path} is still under way in another process: "
                msg += "let it end, or end it first."
                raise UserError(msg)
            logger.warning(
                "Another such training of this cohort is under way: of the two, only that which kept its state last can go on later."
            )


def _name(run_params: Mapping[str, Any]) -> str:
    names = ", ".join(run_params.get("pipeline_names") or ["__default__"])
    return "segmentation" if names == "__default__" else names


def _trainings(pipeline: Pipeline) -> list[str]:
    return sorted(node.name for node in pipeline.nodes if not set(node.inputs).isdisjoint(CHECKPOINTS))


def _checkpoint(catalog: DataCatalog, name: str) -> CheckpointDataset:
    dataset: CheckpointDataset = catalog[name]  # type: ignore[assignment]  # by the catalog's configuration
    return dataset


def _find_states(pipeline: Pipeline, catalog: DataCatalog) -> list[Checkpoint]:
    # What another pipeline left comes last: it is only told.
    names = sorted(CHECKPOINTS, key=lambda name: name not in pipeline.inputs())
    return [_checkpoint(catalog, name).load() for name in names]


def _find_run(states: Iterable[Checkpoint], whose: Mapping[str, Any]) -> str | None:
    facts = next((facts for state in states if (facts := state.read_facts()) is not None), None)
    if facts is None:
        msg = "`training.resume` is true, but no training of this cohort was interrupted: leave it out."
        raise UserError(msg)
    _require_same_training(facts, whose)
    _require_same(facts["parameters"], whose["parameters"])
    return _known(facts["run_id"])


def _known(run_id: str | None) -> str | None:
    if run_id is None or is_tracked(run_id):
        return run_id
    logger.warning("MLflow does not know the run of the interrupted training (%s) any more: the training goes on in a new one.", run_id)
    return None


def _require_same_training(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    # A state that an earlier version kept does not say whose it is.
    if not now["trains"] or before.get("trains", now["trains"]) != now["trains"]:
        begun = before.get("pipeline", "training")
        msg = (
            f"`training.resume` is true, but what was interrupted is `{begun}`, which `{now['pipeline']}` does not go on with: "
            f"run `{begun}`, or leave `training.resume` out."
        )
        raise UserError(msg)


def _require_same(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    changed = sorted(name for name in before.keys() | now.keys() if name not in FREE and before.get(name) != now.get(name))
    if changed:
        told = "; ".join(f"`{name}` was {before.get(name)!r} and is {now.get(name)!r}" for name in changed)
        msg = f"`training.resume` is true, but the interrupted training had other parameters: {told}. Give the same, or begin a new one."
        raise UserError(msg)
