import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.curation.retention import ORPHANED
from tumourflow.datasets import RunRecord, StoredVersionsDataset
from tumourflow.errors import UserError
from tumourflow.options import PruneOptions
from tumourflow.pipelines.prune import create_pipeline

PLACES = {
    "cases": "03_primary/lgg/cases.parquet",
    "scores": "07_model_output/lgg/scores.parquet",
    "comparison": "08_reporting/lgg/comparison.json",
    "run_manifest": "08_reporting/lgg/run_manifest.json",
}
OLD = datetime(2026, 1, 1, tzinfo=UTC)


def version(days: int) -> str:
    return f"{OLD + timedelta(days=days):%Y-%m-%dT%H.%M.%S.000Z}"


def record(days: int, status: str = "FINISHED", **inputs: str) -> RunRecord:
    return RunRecord(f"run {days}", version(days), status, OLD + timedelta(days=days), inputs)


class Runs:
    """Stands in for what MLflow has tracked; a deleted run is known only to those who ask for it."""

    def __init__(self, *records: RunRecord, deleted: tuple[RunRecord, ...] = ()) -> None:
        self._records = list(records)
        self._all = {each.run_id: each for each in (*records, *deleted)}

    def records(self) -> list[RunRecord]:
        return self._records

    def first(self) -> RunRecord | None:
        return min(self._all.values(), key=lambda each: each.began, default=None)

    def find_records(self, run_ids: list[str]) -> list[RunRecord]:
        return [self._all[run_id] for run_id in run_ids if run_id in self._all]

    def read_manifest(self, run_id: str) -> dict[str, Any] | None:
        return None


class Registry:
    def __init__(self, *run_ids: str) -> None:
        self._run_ids = run_ids

    def sources(self) -> list[str]:
        return list(self._run_ids)


def finish(data: Path, days: int, **content: Any) -> None:
    """Leave what a run leaves: a table of cases that points at an image of its own, scores and a manifest."""
    made = version(days)
    cases = data / PLACES["cases"] / made / "cases.parquet"
    cases.parent.mkdir(parents=True)
    pd.DataFrame({"image": [f"{days:02}x"], "mask": [""]}).to_parquet(cases)
    image = data / f"02_intermediate/lgg/images/{days:02}/{days:02}x.png"
    image.parent.mkdir(parents=True)
    image.write_text("pixels")
    os.utime(image, (1, 1))
    outputs = dict.fromkeys(("cases", "scores", *content), made)
    texts = {"scores": "0.5", **{name: json.dumps(value) for name, value in content.items()}}
    manifest = {"finished": made, "inputs": {}, "outputs": outputs, "versions": outputs, "places": PLACES}
    for name, text in {**texts, "run_manifest": json.dumps(manifest)}.items():
        path = data / PLACES[name] / made / Path(PLACES[name]).name
        path.parent.mkdir(parents=True)
        path.write_text(text)


class Kept(MemoryDataset):
    """Is not emptied once its readers have run."""

    def _release(self) -> None:
        pass


def prune(data: Path, runs: Runs, *sources: str, delete: bool = False) -> pd.DataFrame:
    stored = StoredVersionsDataset(filepath=f"{data}/*/lgg")
    inputs = {"tracked_runs": runs, "registered_models": Registry(*sources), "params:prune": PruneOptions(delete=delete)}
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    catalog["stored_versions"] = catalog["pruned_versions"] = stored
    catalog["prunable"] = Kept()
    SequentialRunner().run(create_pipeline(), catalog)
    return catalog.load("prunable")


def there(data: Path, name: str) -> list[str]:
    return sorted(path.name for path in (data / PLACES[name]).iterdir())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Runs of three days."""
    for days in (1, 2, 3):
        finish(tmp_path / "data", days)
    return tmp_path / "data"


def test_what_only_a_deleted_run_made_is_listed_with_its_images(data, caplog) -> None:
    caplog.set_level("INFO")
    listed = prune(data, Runs(record(1), record(3)))
    assert set(listed["version"]) == {version(2), ""}
    assert listed["dataset"].tolist()[-1] == "02_intermediate/lgg/images"
    assert listed.iloc[-1][["files", "bytes", "reason"]].tolist() == [1, 6, ORPHANED]
    assert "only listed: --params=prune.delete=true removes it" in caplog.text
    assert there(data, "scores") == [version(1), version(2), version(3)], "listing removes nothing"


def test_what_is_listed_is_removed_when_told_to(data) -> None:
    prune(data, Runs(record(1), record(3)), delete=True)
    for name in ("cases", "scores", "run_manifest"):
        assert there(data, name) == [version(1), version(3)]
    assert sorted(path.name for path in data.glob("02_intermediate/lgg/images/*/*")) == ["01x.png", "03x.png"]
    assert prune(data, Runs(record(1), record(3))).empty


def test_the_run_that_finished_last_is_kept_although_its_run_was_deleted(data) -> None:
    assert set(prune(data, Runs(record(1)))["version"]) == {version(2), ""}


def test_the_source_of_a_registered_model_is_kept_although_its_run_was_deleted(data) -> None:
    runs = Runs(record(3), deleted=(record(2),))
    assert set(prune(data, runs, "run 2", "forgotten")["version"]) == {version(1), ""}


def test_a_report_that_is_kept_keeps_what_it_was_made_from(data) -> None:
    finish(data, 5, comparison={"refers_to": {"unet": {"run_id": "run 2", "scores": version(2)}}})
    listed = prune(data, Runs(record(5)))
    assert (PLACES["scores"], version(2)) not in set(listed[["dataset", "version"]].itertuples(index=False, name=None))
    assert (PLACES["cases"], version(2)) in set(listed[["dataset", "version"]].itertuples(index=False, name=None))


def test_a_run_that_failed_keeps_nothing(data) -> None:
    assert set(prune(data, Runs(record(1, "FAILED"), record(3)))["version"]) == {version(1), version(2), ""}


def test_nothing_since_a_run_under_way_is_listed_nor_what_it_reads_nor_any_image(data) -> None:
    now = datetime.now(UTC)
    begun = now - timedelta(days=4)
    killed = data / PLACES["scores"] / f"{now - timedelta(days=3):%Y-%m-%dT%H.%M.%S.000Z}"
    killed.mkdir()
    assert killed.name in set(prune(data, Runs(record(3)))["version"]), "old enough, were there not the run"
    under_way = RunRecord("slow", "", "RUNNING", begun, {"scores": version(2)})
    listed = prune(data, Runs(record(3), under_way))
    pairs = set(listed[["dataset", "version"]].itertuples(index=False, name=None))
    assert pairs == {(PLACES[name], version(days)) for name in ("cases", "scores", "run_manifest") for days in (1, 2)} - {
        (PLACES["scores"], version(2))
    }


def test_a_run_that_never_ended_is_not_waited_for(data) -> None:
    assert set(prune(data, Runs(record(3), record(1, "RUNNING")))["version"]) == {version(1), version(2), ""}


def test_nothing_is_removed_where_mlflow_knows_none_of_the_runs(data) -> None:
    with pytest.raises(UserError, match="MLflow knows none of the 3 runs that have left a manifest"):
        prune(data, Runs(), delete=True)
    assert there(data, "scores") == [version(1), version(2), version(3)]


def test_nothing_is_removed_of_runs_before_the_first_that_mlflow_knows_of(data) -> None:
    """Its database was lost, and one run has made a new one since."""
    with pytest.raises(UserError, match="2 of 3 manifests are of runs before the first one that MLflow knows of"):
        prune(data, Runs(record(3)), delete=True)
    assert (data / PLACES["cases"] / version(1)).exists()
    prune(data, Runs(record(3), deleted=(record(1),)), delete=True)
    assert not (data / PLACES["cases"] / version(1)).exists()


def test_where_all_is_referred_to_nothing_is_listed(data, caplog) -> None:
    caplog.set_level("INFO")
    assert prune(data, Runs(record(1), record(2), record(3)), delete=True).empty
    assert "Nothing can be pruned" in caplog.text
