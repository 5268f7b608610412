import json
import shutil
from pathlib import Path

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest

from tumourflow.datasets import fetch_weights
from tumourflow.errors import UserError
from tumourflow.hooks.model_registry import register_classifier, register_router, register_segmenter
from tumourflow.serving.registry import find_registered, list_champions, load_registered
from tumourflow.serving.segmenter import Segmenter

CLASSES = ["glioma", "meningioma", "pituitary"]


@pytest.fixture(scope="module")
def registered(tiny, model, classifier, tracking_store) -> Path:
    """Two versions of a segmenter, a classifier and a router, as runs register them."""
    experiment = mlflow.create_experiment("lgg", artifact_location=(tracking_store / "lgg").as_uri())
    router = keras.Model(classifier.inputs, {"logits": classifier.outputs[0], "distance": classifier.outputs[0][:, 0]})
    with mlflow.start_run(experiment_id=experiment):
        register_segmenter(model, tiny.bundle_of(first=True), "lgg")
        register_segmenter(model, tiny.bundle_of(input_kind=None), "lgg")
        described = {"preparation": tiny.preparation.to_dict(), "classes": CLASSES, "mirrors": True, "temperature": 1.5}
        register_classifier(classifier, {**described, "task": "label", "input_kind": "brain-t1ce", "leaky": False}, "figshare")
        register_router(router, {"classes": ["brain", "breast"], "leaky": False}, "both")
        register_segmenter(model, tiny.bundle_of(leaky=True), "leaky")
    return tracking_store


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("lgg-segmentation", "lgg-segmentation v1"),
        ("models:/lgg-segmentation@champion", "lgg-segmentation v1"),
        ("models:/lgg-segmentation/2", "lgg-segmentation v2"),
    ],
)
def test_a_model_is_loaded_by_name_alias_or_version_with_its_bundle(registered, tiny, model, name, label) -> None:
    network, bundle, told = load_registered(name)
    assert told == label
    assert bundle == (tiny.bundle_of(first=True) if label.endswith("1") else tiny.bundle_of(input_kind=None))
    for one, other in zip(network.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["lgg-segmentation/2", "models:/lgg-segmentation/2"])
def test_a_model_is_found_without_loading_its_network(registered, tiny, monkeypatch, name) -> None:
    monkeypatch.delattr("keras.saving.load_model")
    found = find_registered(name)
    assert (found.label, found.task, found.bundle) == ("lgg-segmentation v2", "segmentation", tiny.bundle_of(input_kind=None))


def test_a_file_goes_by_its_content(tmp_path) -> None:
    (tmp_path / "segmenter.keras").write_bytes(b"network")
    (tmp_path / "segmenter.json").write_text('{"postprocessing": {}}')
    found = find_registered(str(tmp_path))
    assert (found.name, found.bundle) == ("segmenter-segmentation", {"postprocessing": {}})
    (tmp_path / "segmenter.keras").write_bytes(b"another")
    assert find_registered(str(tmp_path / "segmenter.keras")).label != found.label


@pytest.mark.parametrize(
    ("key", "task"), [("postprocessing", "segmentation"), ("temperature", "classification"), ("refusal", "router"), ("other", "best")]
)
def test_a_file_of_any_name_is_what_its_bundle_says(tmp_path, key, task) -> None:
    (tmp_path / "best.keras").write_bytes(b"network")
    (tmp_path / "best.json").write_text(json.dumps({key: {}}))
    assert find_registered(str(tmp_path / "best.keras")).task == task


def test_a_router_comes_with_its_bundle_too(registered) -> None:
    network, bundle, label = load_registered("both-router")
    assert set(network.output) == {"logits", "distance"}
    assert (bundle["classes"], label) == (["brain", "breast"], "both-router v1")


def test_champions_are_listed_with_what_they_are_for(registered) -> None:
    champions = {each.label: each for each in list_champions()}
    assert list(champions) == ["both-router v1", "figshare-classification v1", "lgg-segmentation v1"]
    assert [each.task for each in champions.values()] == ["router", "classification", "segmentation"]
    assert champions["figshare-classification v1"].bundle["input_kind"] == "brain-t1ce"
    assert champions["figshare-classification v1"].bundle["classes"] == CLASSES


def test_all_champions_are_listed_where_the_registry_gives_a_few_at_a_time(registered, monkeypatch) -> None:
    search = mlflow.MlflowClient.search_registered_models
    monkeypatch.setattr(mlflow.MlflowClient, "search_registered_models", lambda *given, **named: search(*given, **named, max_results=1))
    assert [each.name for each in list_champions()] == ["both-router", "figshare-classification", "lgg-segmentation"]


def test_a_champion_whose_files_are_gone_is_told_and_passed_over(registered, tiny, model, caplog) -> None:
    with mlflow.start_run(experiment_id=mlflow.get_experiment_by_name("lgg").experiment_id):
        register_segmenter(model, tiny.bundle_of(), "away")
    client = mlflow.MlflowClient()
    shutil.rmtree(client.get_model_version_download_uri("away-segmentation", "1").removeprefix("file://"))
    assert "away-segmentation" not in [each.name for each in list_champions()]
    assert "away-segmentation v1 is registered, but its files cannot be fetched" in caplog.text
    with pytest.raises(UserError, match="away-segmentation v1 is registered, but its files cannot be fetched"):
        find_registered("away-segmentation")
    client.delete_registered_model("away-segmentation")


def test_weights_are_fetched_from_a_registered_model_as_before(registered, model) -> None:
    run_id = mlflow.MlflowClient().get_model_version("lgg-segmentation", "1").run_id
    for address in ("models:/lgg-segmentation@champion", f"runs:/{run_id}", f"runs:/{run_id}/segmenter"):
        file = fetch_weights(address)
        assert Path(file).name == "segmenter.keras"
        np.testing.assert_array_equal(keras.saving.load_model(file).get_weights()[0], model.get_weights()[0])


def test_a_registered_classifier_answers_a_table_of_images(registered, volumes) -> None:
    import base64

    import cv2

    loaded = mlflow.pyfunc.load_model("models:/figshare-classification@champion")
    files = [base64.b64encode(cv2.imencode(".png", image)[1].tobytes()).decode() for image in volumes["a"]]
    answers = loaded.predict(pd.DataFrame({"image": files, "patient": "a", "slice": range(5)}))
    assert answers["class"].isin(CLASSES).all()
    from mlflow.types import DataType
    from mlflow.types.schema import Map

    assert loaded.metadata.signature.outputs.input_dict()["probabilities"].type == Map(DataType.double)
    for answer in answers.itertuples():
        assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-6)
        assert answer.probability == max(answer.probabilities.values())


@pytest.fixture
def folder(tmp_path, tiny, model) -> Path:
    model.save(tmp_path / "segmenter.keras")
    (tmp_path / "segmenter.json").write_text(json.dumps(tiny.bundle_of()))
    return tmp_path


def test_a_model_is_loaded_from_a_folder_or_a_file(folder, tiny, volumes) -> None:
    for path in (folder, folder / "segmenter.keras"):
        network, bundle, label = load_registered(str(path))
        assert label == path.name
        assert bundle == tiny.bundle_of()
    assert len(Segmenter(network, bundle).segment(volumes["b"])) == 1


@pytest.mark.parametrize(("stand", "path"), [(".", "segmenter.keras"), (".", "."), ("..", "{0}"), ("..", "{0}/segmenter.keras")])
def test_a_model_is_found_by_a_relative_path(folder, tiny, monkeypatch, stand, path) -> None:
    monkeypatch.chdir(folder / stand)
    named = path.format(folder.name)
    assert load_registered(named).bundle == find_registered(named).bundle == tiny.bundle_of()


def test_an_empty_name_is_not_the_working_folder(folder, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(UserError, match="There is no model ''"):
        find_registered("")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("lgg-typing", "MLflow's registry has no version with the alias 'champion' of a model 'lgg-typing'"),
        ("models:/lgg-segmentation@best", "MLflow's registry has no version with the alias 'best' of a model 'lgg-segmentation'"),
        ("models:/lgg-segmentation/9", "MLflow's registry has no version 9 of a model 'lgg-segmentation'"),
        ("leaky-segmentation", "MLflow's registry has no version with the alias 'champion'"),
        ("models/lgg.keras", "There is no model 'models/lgg.keras': name a registered one"),
        ("models:/lgg@a/b", "There is no model"),
        ("", "There is no model ''"),
    ],
)
def test_an_unknown_model_is_named_in_a_sentence(registered, name, sentence) -> None:
    with pytest.raises(UserError) as raised:
        load_registered(name)
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


def test_half_a_model_is_named_in_a_sentence(folder) -> None:
    (folder / "segmenter.json").write_text('{"format": 99, "tumourflow": "9.0"}')
    with pytest.raises(UserError, match=r"was written by tumourflow 9.0, which is newer than this one"):
        load_registered(str(folder))
    (folder / "segmenter.json").write_text("{")
    with pytest.raises(UserError, match=r"segmenter.json of .* is no JSON"):
        load_registered(str(folder))
    (folder / "segmenter.json").unlink()
    with pytest.raises(UserError, match=r"lacks segmenter.json, which says how images are prepared"):
        load_registered(str(folder))
    (folder / "classifier.keras").write_bytes(b"")
    with pytest.raises(UserError, match=r"holds several: classifier.keras, segmenter.keras"):
        load_registered(str(folder))
    (folder / "segmenter.keras").write_bytes(b"half of it")
    (folder / "segmenter.json").write_text("{}")
    with pytest.raises(UserError, match=r"is no network that Keras can load"):
        load_registered(str(folder / "segmenter.keras"))
    with pytest.raises(UserError, match=r"holds no .keras file"):
        load_registered(str(folder / "segmenter.json"))
