"""The whole corridor on a tiny cohort, as a user runs it."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

FILES = [
    "02_intermediate/test/curation_ledger.csv",
    "03_primary/test/cases.parquet",
    "03_primary/test/splits.parquet",
    "06_models/test/segmenter.keras",
    "06_models/test/segmenter.json",
    "07_model_output/test/case_scores.parquet",
    "08_reporting/test/segmentation_metrics.json",
    "08_reporting/test/overlays.png",
    "08_reporting/test/report.html",
    "08_reporting/test/run_manifest.json",
]


def newest(project: Path, file: str) -> Path:
    path = project / "data" / file
    return max(path.glob(f"*/{path.name}"))


@pytest.fixture(scope="module")
def manifest(finished_project):
    return json.loads(newest(finished_project, "08_reporting/test/run_manifest.json").read_text())


@pytest.mark.parametrize("file", FILES)
def test_artifact_lies_where_others_rely_on_it(finished_project, file):
    assert newest(finished_project, file).stat().st_size > 0


def test_every_case_has_a_mask_of_its_own_size(finished_project):
    import numpy as np
    from PIL import Image

    cases = pd.read_parquet(newest(finished_project, "03_primary/test/cases.parquet"))
    folder = max((finished_project / "data/07_model_output/test/predicted_masks").iterdir())
    for case in cases.itertuples():
        mask = np.array(Image.open(folder / f"{case.case_id}.png"))
        assert mask.shape == (case.height, case.width)
        assert set(np.unique(mask)) <= {0, 255}


def test_nothing_is_lost(finished_project):
    cases = pd.read_parquet(newest(finished_project, "03_primary/test/cases.parquet"))
    ledger = pd.read_csv(newest(finished_project, "02_intermediate/test/curation_ledger.csv"))
    found = sum(len(files) for _, _, files in os.walk(finished_project / "data/01_raw/test"))
    excluded = ledger[ledger["action"] == "excluded"]["file"].nunique()
    metadata = 2
    assert found == 2 * len(cases) + excluded + metadata
    assert {"orphan_image", "orphan_mask", "undecodable"} <= set(ledger["finding"])


def test_counts_add_up_to_the_pixels_of_each_case(finished_project):
    scores = pd.read_parquet(newest(finished_project, "07_model_output/test/case_scores.parquet"))
    cases = pd.read_parquet(newest(finished_project, "03_primary/test/cases.parquet")).set_index("case_id")
    cases = cases.loc[scores["case_id"]]
    assert (scores[["tp", "fp", "fn", "tn"]].sum(axis=1).to_numpy() == (cases["height"] * cases["width"]).to_numpy()).all()
    assert ((scores["tp"] + scores["fn"]).to_numpy() == cases["tumour_pixels"].to_numpy()).all()


def test_metrics_are_given_for_every_split_with_interval_and_n(finished_project):
    metrics = json.loads(newest(finished_project, "08_reporting/test/segmentation_metrics.json").read_text())
    assert set(metrics) == {"train", "validation", "test"}
    for split in metrics.values():
        assert {"value", "low", "high", "n", "unit"} <= set(split["volume_dice"])


def test_manifest_names_one_version_of_everything(manifest, finished_project):
    assert len(set(manifest["outputs"].values())) == 1
    assert {"cases", "splits", "segmenter", "segmentation_metrics", "overlays"} <= set(manifest["versions"])


def test_bundle_holds_all_that_use_needs(finished_project):
    bundle = json.loads(newest(finished_project, "06_models/test/segmenter.json").read_text())
    assert {"preparation", "layout", "postprocessing", "classes", "input_kind", "data_fingerprint"} <= set(bundle)


def test_run_is_tracked_with_parameters_metrics_curves_and_model(finished_project):
    # The connection's own context manager ends a transaction, not the connection.
    with closing(sqlite3.connect(finished_project / "mlflow.db")) as store:

        def rows(query):
            return store.execute(query).fetchall()

        assert rows("select status from runs") == [("FINISHED",)]
        assert [name for (name,) in rows("select name from experiments where name != 'Default'")] == ["test"]
        parameters = dict(rows("select key, value from params"))
        assert parameters["training.width"] == "4"
        assert not any("=" in value for value in parameters.values())
        metrics = {key for (key,) in rows("select key from metrics")}
        assert {"test.volume_dice", "test.volume_dice.low", "training.loss", "training.validation_dice"} <= metrics
        assert len(rows("select step from metrics where key = 'training.validation_dice'")) == 3
        tags = dict(rows("select key, value from tags"))
        assert {"outcome", "data_fingerprint", "kedro_command"} <= set(tags)
        assert tags["keras_backend"] == "tensorflow"
        assert tags["outcome"] == "finished"
        assert tags["kedro_command"].startswith("kedro run --pipeline=segmentation --env=test")
        assert rows("select name from registered_models") == [("test-segmentation",)]
        assert rows("select alias, version from registered_model_aliases") == [("champion", 1)]


def test_run_ends_by_saying_where_everything_is(finished_project):
    told = (finished_project / "stdout.txt").read_text()
    for part in ("overlays.png", "segmentation_metrics.json", "kedro viz run --env=test", "mlflow ui", "Not for clinical use"):
        assert part in told


def test_a_run_tells_of_nothing_but_itself(finished_project):
    """But for three lines, two times, that TensorFlow 2.21 says while it is imported, whatever it is told."""
    beside = (finished_project / "stderr.txt").read_text().splitlines()
    expected = ("training ", "Successfully registered", "Created version", "WARNING: All log messages before absl::", "I0000 ")
    assert [line for line in beside if not line.startswith(expected)] == []
    nodes = [line for line in (finished_project / "stdout.txt").read_text().splitlines() if "Running node" in line]
    assert max(map(len, nodes)) <= 80


def test_a_room_runs_again_on_what_the_last_run_left(finished_project, tmp_path, kedro):
    finished_project = shutil.copytree(finished_project, tmp_path / "again")
    done = kedro(finished_project, "run", "--pipeline=evaluation", "--env=test")
    assert done.returncode == 0, done.stderr[-3000:]
    manifest = json.loads(newest(finished_project, "08_reporting/test/run_manifest.json").read_text())
    assert "segmentation_metrics" in manifest["outputs"]
    assert manifest["inputs"]["cases"] == manifest["versions"]["cases"] != manifest["outputs"]["case_scores"]


def test_lineage_is_built_with_previews(finished_project, kedro):
    done = kedro(finished_project, "viz", "build", "--include-previews", KEDRO_ENV="test")
    assert done.returncode == 0, done.stderr[-3000:]
    nodes = [json.loads(file.read_text()) for file in (finished_project / "build/api/nodes").iterdir()]
    previews = {node["filepath"].split("/")[-1]: node["preview_type"] for node in nodes if node.get("preview")}
    kinds = {".png": "ImagePreview", ".csv": "TablePreview", ".parquet": "TablePreview", ".json": "JSONPreview"}
    for file in ("overlays.png", "curation_ledger.csv", "cases.parquet", "segmentation_metrics.json"):
        assert previews[file] == kinds[Path(file).suffix]
