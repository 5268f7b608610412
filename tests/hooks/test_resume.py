from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline

from tumourflow.datasets import Checkpoint, CheckpointDataset, NetworkStoreDataset
from tumourflow.errors import UserError
from tumourflow.hooks.resume import CHECKPOINTS, ResumeHook


def keep(checkpoint: str, made: str, name: str) -> Pipeline:
    return Pipeline([Node(lambda state: state, checkpoint, made, name=name)])


TRAINS = keep("training_checkpoint", "segmenter", "train_network")
PREPARES = Pipeline([Node(lambda splits: splits, "splits", "model_input", name="prepare")])
PIPELINES = {
    "__default__": PREPARES + TRAINS,
    "training": TRAINS,
    "splitting": PREPARES,
    "cross_validation": keep("fold_checkpoint", "fold_scores", "score_folds"),
    "classification": keep("classifier_checkpoint", "classifier", "train_classifier"),
}


class Tracking:
    """Stands in for kedro-mlflow's hook, which opens the run that the configuration names."""

    def __init__(self) -> None:
        self.run = SimpleNamespace(id=None)
        self.opened: list[str | None] = []

    @hook_impl
    def before_pipeline_run(self) -> None:
        self.opened.append(self.run.id)


class Project:
    """A project whose training is tracked by one run."""

    def __init__(self, root: Path) -> None:
        self.files = {name: CheckpointDataset(filepath=str(root / f"{name}.npz")) for name in CHECKPOINTS}
        self.file = self.files["training_checkpoint"]
        self.catalog = DataCatalog(self.files)

    def begin(self, pipeline: str = "training", **training: Any) -> tuple[ResumeHook, list[str | None]]:
        scheduler, folds = training.pop("scheduler", "threads"), training.pop("folds", None)
        values = {"raw_root": "here", "ingestion": {"reader": "phantoms"}, "scheduler": scheduler, "folds": folds, "training": training}
        hook, tracking, manager = ResumeHook(), Tracking(), _create_hook_manager()
        for each in (hook, tracking):
            manager.register(each)
        mlflow = SimpleNamespace(tracking=tracking)
        manager.hook.after_context_created(context=SimpleNamespace(config_loader={"parameters": values}, mlflow=mlflow))
        names = None if pipeline == "__default__" else [pipeline]
        manager.hook.before_pipeline_run(run_params={"pipeline_names": names}, pipeline=PIPELINES[pipeline], catalog=self.catalog)
        return hook, tracking.opened


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr("mlflow.active_run", lambda: SimpleNamespace(info=SimpleNamespace(run_id="run-1")))
    monkeypatch.setattr("tumourflow.hooks.resume.is_tracked", lambda run_id: run_id == "run-1")
    return Project(tmp_path)


def test_the_training_goes_on_in_its_own_run(project: Project) -> None:
    _, opened = project.begin(steps=9)
    assert opened == [None]
    project.file.load().write({}, {"step": 3})
    _, opened = project.begin(steps=9, resume=True, scheduler="synchronous", learning_rate=1e-5, devices=2)
    assert opened == ["run-1"]


def test_where_mlflow_has_lost_the_run_the_training_goes_on_in_a_new_one(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Its database was begun anew, or the run was deleted there."""
    project.begin(steps=9)
    project.file.load().write({}, {"step": 3})
    state = project.file.load()
    state.stamp = {**state.stamp, "run_id": "lost"}
    state.write({}, {"step": 3})
    assert project.begin(steps=9, resume=True)[1] == [None]
    assert "MLflow does not know the run of the interrupted training (lost) any more" in caplog.text


@pytest.mark.parametrize("pipeline", ["__default__", "training"])
def test_whatever_holds_the_same_training_goes_on_with_it(project: Project, pipeline: str) -> None:
    project.begin("__default__")
    project.file.load().write({}, {})
    assert project.begin(pipeline, resume=True)[1] == ["run-1"]


@pytest.mark.parametrize(
    ("interrupted", "named", "asked"),
    [("cross_validation", "cross_validation", "training"), ("__default__", "segmentation", "cross_validation")],
)
def test_another_training_is_told_what_was_interrupted(project: Project, interrupted: str, named: str, asked: str) -> None:
    """Not that `folds` is another, nor that the cohort has changed."""
    project.begin(interrupted, folds=5)
    project.files["fold_checkpoint" if interrupted == "cross_validation" else "training_checkpoint"].load().write({}, {})
    with pytest.raises(UserError, match=rf"what was interrupted is `{named}`, which `{asked}` does not go on with: run `{named}`"):
        project.begin(asked, resume=True)


def test_what_trains_nothing_does_not_take_over_the_run(project: Project) -> None:
    project.begin()
    project.file.load().write({}, {})
    with pytest.raises(UserError, match="`training`, which `splitting` does not go on with"):
        project.begin("splitting", resume=True)


def test_other_parameters_are_named(project: Project) -> None:
    project.begin(steps=9, width=8)
    project.file.load().write({}, {})
    with pytest.raises(UserError, match=r"`training\.width` was 8 and is 16"):
        project.begin(steps=9, resume=True)


def test_where_nothing_was_interrupted_it_says_so(project: Project) -> None:
    with pytest.raises(UserError, match=r"no training of this cohort was interrupted: leave it out"):
        project.begin(resume=True)


def test_a_run_that_ends_well_leaves_none_of_the_networks_that_waited_for_the_others(project: Project, tmp_path: Path) -> None:
    hook, _ = project.begin(seeds=2)
    project.catalog["seed_networks"] = NetworkStoreDataset(filepath=str(tmp_path / "networks"))
    waiting = tmp_path / "networks/f/seed0.keras"
    waiting.parent.mkdir(parents=True)
    waiting.touch()
    hook.after_pipeline_run(TRAINS, project.catalog)
    assert waiting.exists()
    hook.after_pipeline_run(keep("seed_networks", "segmenter", "train"), project.catalog)
    assert not waiting.exists()


def test_a_run_that_ends_well_leaves_no_state(project: Project) -> None:
    hook, _ = project.begin()
    project.file.load().write({}, {})
    hook.after_pipeline_run(Pipeline([]), project.catalog)
    assert project.file.load().path.exists()
    hook.after_pipeline_run(TRAINS, project.catalog)
    assert not project.file.load().path.exists()


@pytest.mark.parametrize("other", ["classification", "cross_validation"])
def test_another_training_of_the_cohort_leaves_the_interrupted_one_as_it_is(project: Project, other: str) -> None:
    project.begin(steps=9)
    project.file.load().write({}, {"step": 3})
    hook, _ = project.begin(other, steps=5)
    (state,) = [project.files[name].load() for name in CHECKPOINTS if name in PIPELINES[other].inputs()]
    state.write({}, {"step": 1})
    hook.after_pipeline_run(PIPELINES[other], project.catalog)
    assert not state.path.exists()
    assert project.begin(steps=9, resume=True)[1] == ["run-1"]


@pytest.mark.parametrize("resume", [False, True])
def test_the_state_of_another_run_stays_unless_it_was_gone_on_with(project: Project, tmp_path: Path, resume: bool) -> None:
    """An average of folds trains nothing, and another training of the cohort may be under way."""
    project.begin()
    state = project.file.load()
    state.stamp = {**state.stamp, "run_id": "run-0"}
    state.write({}, {})
    project.catalog["seed_networks"] = NetworkStoreDataset(filepath=str(tmp_path / "networks"))
    waiting = tmp_path / "networks/f/seed0.keras"
    waiting.parent.mkdir(parents=True)
    waiting.touch()
    hook, _ = project.begin(resume=resume)
    hook.after_pipeline_run(TRAINS + keep("seed_networks", "mean", "average"), project.catalog)
    assert (state.path.exists(), waiting.exists()) == (not resume, not resume)


def test_a_training_that_is_still_under_way_is_not_gone_on_with(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two processes would write into one run."""
    project.begin()
    project.file.load().write({}, {})
    monkeypatch.setattr(Checkpoint, "hold", lambda _: False)
    with pytest.raises(UserError, match=r"training_checkpoint\.npz is still under way in another process"):
        project.begin(resume=True)
    project.begin()
    assert "Another such training of this cohort is under way" in caplog.text
