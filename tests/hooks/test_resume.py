from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline

from tumourflow.datasets import CheckpointDataset, NetworkStoreDataset
from tumourflow.errors import UserError
from tumourflow.hooks.resume import CHECKPOINT, SEED_NETWORKS, ResumeHook

TRAINS = Pipeline([Node(lambda checkpoint: checkpoint, CHECKPOINT, "segmenter", name="train")])


class Project:
    """A project whose training is tracked by one run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = CheckpointDataset(filepath=str(root / "state.npz"))
        self.catalog = DataCatalog({CHECKPOINT: self.file})

    def begin(self, **training: Any) -> tuple[ResumeHook, str | None]:
        scheduler = training.pop("scheduler", "threads")
        values = {"raw_root": "here", "ingestion": {"reader": "phantoms"}, "scheduler": scheduler, "training": training}
        tracking = SimpleNamespace(tracking=SimpleNamespace(run=SimpleNamespace(id=None)))
        loader = {"parameters": values, "catalog": {CHECKPOINT: {"filepath": "state.npz"}}}
        hook = ResumeHook()
        hook.after_context_created(SimpleNamespace(config_loader=loader, project_path=self.root, mlflow=tracking))
        hook.before_pipeline_run(TRAINS, self.catalog)
        return hook, tracking.tracking.run.id


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr("mlflow.active_run", lambda: SimpleNamespace(info=SimpleNamespace(run_id="run-1")))
    return Project(tmp_path)


def test_the_training_goes_on_in_its_own_run(project: Project) -> None:
    _, run_id = project.begin(steps=9)
    assert run_id is None
    project.file.load().write({}, {"step": 3})
    _, run_id = project.begin(steps=9, resume=True, scheduler="synchronous", learning_rate=1e-5, devices=2)
    assert run_id == "run-1"


def test_other_parameters_are_named(project: Project) -> None:
    project.begin(steps=9, width=8)
    project.file.load().write({}, {})
    with pytest.raises(UserError, match=r"`training\.width` was 8 and is 16"):
        project.begin(steps=9, resume=True)


def test_where_nothing_was_interrupted_it_says_so(project: Project) -> None:
    with pytest.raises(UserError, match=r"no training of this cohort was interrupted \(state.npz is not there\)"):
        project.begin(resume=True)


def test_a_run_that_ends_well_leaves_none_of_the_networks_that_waited_for_the_others(project: Project, tmp_path: Path) -> None:
    hook, _ = project.begin(seeds=2)
    project.catalog[SEED_NETWORKS] = NetworkStoreDataset(filepath=str(tmp_path / "networks"))
    waiting = tmp_path / "networks/f/seed0.keras"
    waiting.parent.mkdir(parents=True)
    waiting.touch()
    hook.after_pipeline_run(TRAINS, project.catalog)
    assert waiting.exists()
    hook.after_pipeline_run(Pipeline([Node(lambda kept: kept, SEED_NETWORKS, "segmenter", name="train")]), project.catalog)
    assert not waiting.exists()


def test_a_run_that_ends_well_leaves_no_state(project: Project) -> None:
    hook, _ = project.begin()
    project.file.load().write({}, {})
    hook.after_pipeline_run(Pipeline([]), project.catalog)
    assert project.file.load().path.exists()
    hook.after_pipeline_run(TRAINS, project.catalog)
    assert not project.file.load().path.exists()
