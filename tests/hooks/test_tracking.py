import logging
import sys

import mlflow
import pytest
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.pipeline import Node, Pipeline

from tumourflow.datasets import AtomicDataset
from tumourflow.hooks.tracking import TrackingHook, _log_file, _log_parameters


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


def test_a_run_that_goes_on_keeps_its_parameters_and_tells_the_others(tracked) -> None:
    with mlflow.start_run() as run:
        _log_parameters(run.info.run_id, {"seed": "1", "training.learning_rate": "0.002"})
    with mlflow.start_run(run.info.run_id):
        _log_parameters(run.info.run_id, {"seed": "1", "training.learning_rate": "0.0005"})
    data = mlflow.get_run(run.info.run_id).data
    assert data.params == {"seed": "1", "training.learning_rate": "0.002"}
    assert {name: value for name, value in data.tags.items() if name.startswith("resumed")} == {"resumed.training.learning_rate": "0.0005"}


def test_what_was_found_and_how_much_was_left_out_are_metrics(tracked) -> None:
    summary = {"found": 40, "excluded_fraction": 0.05, "near_duplicate": 3}
    ingestion = Pipeline([Node(lambda: 1, None, "curation_summary")])
    with mlflow.start_run() as run:
        TrackingHook()._log_results(ingestion, DataCatalog({"curation_summary": MemoryDataset(summary)}))
    assert mlflow.get_run(run.info.run_id).data.metrics == {f"curation.{name}": value for name, value in summary.items()}


def test_no_run_begins_with_a_warning_that_git_is_missing(tmp_path, monkeypatch, caplog):
    from mlflow.utils.git_utils import get_git_commit

    import tumourflow.settings  # noqa: F401  # levels of what libraries tell

    monkeypatch.setitem(sys.modules, "git", None)
    monkeypatch.setattr(logging.getLogger("mlflow.utils.git_utils"), "handlers", [caplog.handler])
    assert get_git_commit(str(tmp_path)) is None
    assert caplog.messages == []
