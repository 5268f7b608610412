import subprocess

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from tumourflow.hooks.run_tags import git_state, leakage_tags


@pytest.mark.parametrize(("leaky", "tag"), [(True, "true"), (False, "false")])
def test_runs_on_a_split_are_tagged_with_its_protocol_and_whether_it_leaks(leaky, tag):
    report = MemoryDataset({"leaky": leaky, "protocol": "official"})
    follows = Pipeline([Node(lambda leakage: leakage, "leakage_report", "figures", name="draw")])
    assert leakage_tags(follows, DataCatalog({"leakage_report": report})) == {"leaky": tag, "protocol": "official"}
    trains = Pipeline([Node(lambda arrays: arrays, "model_input", "segmenter", name="train")])
    assert leakage_tags(trains, DataCatalog({"leakage_report": report})) == {"leaky": tag, "protocol": "official"}


@pytest.mark.parametrize(
    ("comparison", "tags"),
    [({"leaky": False}, {"leaky": "false"}), ({"leaky": True, "protocol": "slice"}, {"leaky": "true", "protocol": "slice"})],
)
def test_a_comparison_is_tagged_by_the_runs_that_it_compares(comparison, tags):
    compares = Pipeline([Node(lambda runs: runs, "compared_runs", "comparison", name="compare")])
    assert leakage_tags(compares, DataCatalog({"comparison": MemoryDataset(comparison)})) == tags


def test_a_cross_validation_is_tagged_as_leaky_where_any_of_its_splits_leaks():
    deals = Pipeline([Node(lambda splits: splits, "splits", "fold_splits", name="deal_folds")])
    report, turns = MemoryDataset({"leaky": False, "protocol": "official"}), pd.DataFrame({"turn": [0, 1], "leaky": [False, True]})
    catalog = DataCatalog({"leakage_report": report, "fold_splits": MemoryDataset(turns)})
    assert leakage_tags(deals, catalog) == {"leaky": "true", "protocol": "official"}


def test_a_premium_is_tagged_as_leaky_although_its_own_split_is_not():
    measures = Pipeline([Node(lambda scores: scores, "premium_scores", "leakage_premium", name="measure")])
    clean = MemoryDataset({"leaky": False, "protocol": "patient"})
    assert leakage_tags(measures, DataCatalog({"leakage_report": clean}))["leaky"] == "true"


def test_runs_before_the_split_and_without_one_bear_no_tag():
    before = Pipeline([Node(lambda index: index, "cohort_index", "cases", name="curate")])
    assert leakage_tags(before, DataCatalog({"leakage_report": MemoryDataset({"leaky": True, "protocol": "slice"})})) == {}
    trains = Pipeline([Node(lambda arrays: arrays, "model_input", "segmenter", name="train")])
    assert leakage_tags(trains, DataCatalog({})) == {}


def test_state_of_the_code_tells_commit_and_changes(tmp_path):
    """MLflow's page shows the commit under MLflow's own name for it."""

    def git(*arguments):
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        subprocess.run(command, check=True, capture_output=True)

    git("init")
    assert git_state(tmp_path) == {}
    git("commit", "--allow-empty", "-m", "first")
    clean = git_state(tmp_path)
    assert len(clean["git_commit"]) == 40
    assert clean["git_dirty"] == "false"
    assert clean["mlflow.source.git.commit"] == clean["git_commit"]
    (tmp_path / "new.txt").write_text("change")
    assert git_state(tmp_path) == {**clean, "git_dirty": "true"}


def test_outside_a_repository_there_is_no_state(tmp_path):
    assert git_state(tmp_path) == {}


@pytest.mark.parametrize(("leaky", "tag"), [(True, "true"), (False, "false")])
def test_an_inference_leaks_where_its_models_do(leaky: bool, tag: str) -> None:
    infers = Pipeline([Node(lambda: 1, None, "findings_summary")])
    assert leakage_tags(infers, DataCatalog({"findings_summary": MemoryDataset({"leaky": leaky})})) == {"leaky": tag}
