import logging
import math
import string
import subprocess
import sys

import mlflow
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.pipeline import Node, Pipeline
from mlflow.utils.validation import _validate_metric_name

from tumourflow.datasets import AtomicDataset
from tumourflow.hooks.named_values import describe_parameters, flatten, numbers
from tumourflow.hooks.tracking import _log_file, _log_parameters, git_state, leakage_tags
from tumourflow.options import parse_parameters


def test_leaves_get_dotted_names_and_a_value_that_of_its_metric():
    tree = {"test": {"volume_dice": {"value": 0.8, "low": 0.7, "n": 12, "unit": "patient"}}, "seed": 0}
    assert flatten(tree) == {
        "test.volume_dice": 0.8,
        "test.volume_dice.low": 0.7,
        "test.volume_dice.n": 12,
        "test.volume_dice.unit": "patient",
        "seed": 0,
    }


def test_decisions_are_one_parameter_whatever_the_cases_are_called():
    values = {"raw_root": "x", "ingestion": {"reader": "busi"}, "curation": {"decisions": {"benign (4)": "kept: seen"}}}
    described = describe_parameters(parse_parameters(values))
    assert described["curation.decisions"] == '{"benign (4)": "kept: seen"}'
    assert not any("(" in name for name in described)


def test_only_numbers_are_metrics():
    assert numbers({"a": 1, "b": 0.5, "c": None, "d": "patient", "e": True, "f": math.inf}) == {
        "a": 1.0,
        "b": 0.5,
        "f": math.inf,
    }


def test_classes_may_be_called_as_a_folder_may():
    """All signs of a keyboard, and two names that differ in one that MLflow refuses."""
    names = [f"recall.{string.punctuation}", "recall.<2 cm", "recall.>2 cm", "recall.Ödem", "recall.a//b/"]
    logged = numbers(dict.fromkeys(names, 0.5))
    assert len(logged) == len(names)
    assert logged["recall.Ödem"] == 0.5
    for name in logged:
        _validate_metric_name(name)


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


def test_marks_are_no_metrics():
    marked = {"leaky": True, "protocol": "slice", "note": "none yet", "test": {"volume_dice": {"value": 0.8}}}
    assert numbers(flatten(marked)) == {"test.volume_dice": 0.8}


@pytest.mark.parametrize(("loaded", "logged"), [("v2", ["v2"]), (None, []), ("v1", [])])
def test_a_run_logs_what_it_has_written_and_no_manifest_of_another(tmp_path, monkeypatch, loaded, logged):
    """Such a run would be taken for the one that made what its manifest names."""
    folder = tmp_path / "08_reporting/lgg/run_manifest.json"
    for version in ("v1", "v2"):
        AtomicDataset(filepath=str(folder), dataset="json.JSONDataset", version=Version(version, version)).save({})
    taken = []
    monkeypatch.setattr(mlflow, "log_artifact", lambda path, **_: taken.append(path))
    own = AtomicDataset(filepath=str(folder), dataset="json.JSONDataset", version=Version(loaded, "v2"))
    _log_file(DataCatalog({"run_manifest": own}), "run_manifest")
    assert taken == [f"{folder}/{version}/run_manifest.json" for version in logged]


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


def test_a_run_that_goes_on_keeps_its_parameters_and_tells_the_others(tracked) -> None:
    with mlflow.start_run() as run:
        _log_parameters(run.info.run_id, {"seed": "1", "training.learning_rate": "0.002"})
    with mlflow.start_run(run.info.run_id):
        _log_parameters(run.info.run_id, {"seed": "1", "training.learning_rate": "0.0005"})
    data = mlflow.get_run(run.info.run_id).data
    assert data.params == {"seed": "1", "training.learning_rate": "0.002"}
    assert {name: value for name, value in data.tags.items() if name.startswith("resumed")} == {"resumed.training.learning_rate": "0.0005"}


def test_no_run_begins_with_a_warning_that_git_is_missing(tmp_path, monkeypatch, caplog):
    from mlflow.utils.git_utils import get_git_commit

    import tumourflow.settings  # noqa: F401  # levels of what libraries tell

    monkeypatch.setitem(sys.modules, "git", None)
    monkeypatch.setattr(logging.getLogger("mlflow.utils.git_utils"), "handlers", [caplog.handler])
    assert get_git_commit(str(tmp_path)) is None
    assert caplog.messages == []
