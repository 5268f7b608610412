import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from tumourflow.datasets import find_learned, learned

PLACES = {"cases": "03_primary/lgg/cases.parquet", "splits": "03_primary/lgg/splits.parquet"}
VERSIONS = {"cases": "earlier", "splits": "v", "segmenter": "v"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What a run has left that trained on the cases of an earlier one."""
    tables = {
        "cases": {"case_id": ["a/1", "b/1"], "patient": ["a", "b"], "image": ["i", "j"]},
        "splits": {"case_id": ["b/1", "a/1"], "split": ["test", "train"]},
    }
    for name, columns in tables.items():
        file = tmp_path / "data" / PLACES[name] / VERSIONS[name] / f"{name}.parquet"
        file.parent.mkdir(parents=True)
        pd.DataFrame(columns).to_parquet(file)
    network = tmp_path / "data/06_models/lgg/segmenter.keras/v/segmenter.keras"
    manifest = tmp_path / "data/08_reporting/lgg/run_manifest.json/v/run_manifest.json"
    for file in (network, manifest):
        file.parent.mkdir(parents=True)
    network.write_bytes(b"network")
    manifest.write_text(json.dumps({"places": PLACES, "versions": VERSIONS}))
    return tmp_path / "data"


def test_a_file_among_the_models_is_traced_by_the_manifest_of_its_run(data: Path) -> None:
    folder = str(data / "06_models/lgg/segmenter.keras/v")
    for weights in (folder, f"{folder}/segmenter.keras"):
        assert find_learned(weights, weights).to_numpy().tolist() == [["a/1", "a", "i", "train"], ["b/1", "b", "j", "test"]]


def test_a_network_that_mlflow_keeps_is_traced_by_the_manifest_of_its_run(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data.parent)
    asked: list[str] = []
    monkeypatch.setattr(learned, "read_tracked_manifest", lambda run_id: asked.append(run_id) or {"places": PLACES, "versions": VERSIONS})
    assert find_learned("runs:/8c1f/segmenter", "anywhere")["split"].tolist() == ["train", "test"]
    assert asked == ["8c1f"]


@pytest.mark.parametrize("weights", ["none", "imagenet"])
def test_without_a_network_of_ours_nobody_was_learned_from(weights: str, caplog: pytest.LogCaptureFixture) -> None:
    assert find_learned(weights, weights) is None
    assert not caplog.messages


def test_of_a_file_that_lies_elsewhere_it_is_said_that_nobody_knows(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    taken = data.parent / "taken.keras"
    taken.write_bytes(b"network")
    assert find_learned(str(taken), str(taken)) is None
    assert "nobody knows whom" in caplog.text


def begin_with(data: Path, address: str, content: bytes) -> str:
    """Add a network of another cohort, in a run whose training began with the network at an address."""
    folders = [data / "06_models/busi" / name / "u" for name in ("segmenter.keras", "training_record.json")]
    folders += [data / f"03_primary/busi/{name}.parquet/u" for name in ("cases", "splits")] + [
        data / "08_reporting/busi/run_manifest.json/u"
    ]
    for folder in folders:
        folder.mkdir(parents=True)
    network, record, cases, splits, manifest = folders
    digest = hashlib.sha256(content).hexdigest()[:16]
    (network / "segmenter.keras").write_bytes(b"later")
    (record / "training_record.json").write_text(json.dumps({"options": {"weights": f"{address} (SHA-256 {digest})"}}))
    pd.DataFrame({"case_id": ["z/1"], "patient": "z", "image": "k"}).to_parquet(cases / "cases.parquet")
    pd.DataFrame({"case_id": ["z/1"], "split": "validation"}).to_parquet(splits / "splits.parquet")
    places = {name: f"03_primary/busi/{name}.parquet" for name in ("cases", "splits")}
    places |= {"training_record": "06_models/busi/training_record.json"}
    (manifest / "run_manifest.json").write_text(json.dumps({"places": places, "versions": dict.fromkeys([*places, "segmenter"], "u")}))
    return str(network)


def test_whoever_a_network_s_own_beginning_has_learned_from_stands_behind_it_too(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Recorded as it was given, from the folder of the project; the two may be used from elsewhere.
    later = begin_with(data, "data/06_models/lgg/segmenter.keras/v", b"network")
    monkeypatch.chdir(data / "06_models")
    found = find_learned(later, later)
    assert found is not None
    assert found.to_numpy().tolist() == [["z/1", "z", "k", "validation"], ["a/1", "a", "i", "train"], ["b/1", "b", "j", "test"]]


@pytest.mark.parametrize(
    ("address", "content"),
    [("data/06_models/lgg/segmenter.keras/v", b"what lay there before"), ("data/06_models/lgg/segmenter.keras/removed", b"network")],
)
def test_of_a_beginning_that_is_there_no_more_it_is_said_that_nobody_knows(
    data: Path, caplog: pytest.LogCaptureFixture, address: str, content: bytes
) -> None:
    later = begin_with(data, address, content)
    found = find_learned(later, later)
    assert found is not None
    assert found["patient"].tolist() == ["z"]
    assert f"nobody knows whom {address} was trained on" in caplog.text
