"""A model sees a file at use as it saw it in training, through whatever window its images were ingested."""

import logging
from functools import cache
from types import SimpleNamespace

import keras
import nibabel
import numpy as np
import pytest
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.runner import SequentialRunner

from tumourflow.datasets import ArrayStoreDataset, FactCacheDataset, ImageStoreDataset, MaskFolderDataset, ResultStoreDataset
from tumourflow.imaging.preparation import Preparation
from tumourflow.inference.routing import Route
from tumourflow.options import CurationOptions, InferenceOptions, IngestionOptions, PhantomOptions, PredictionOptions, TrainingOptions
from tumourflow.pipelines import inference, ingestion, prediction, preparation
from tumourflow.serving.registry import Champion
from tumourflow.serving.segmenter import Segmenter

SIDE = 16


class Kept(MemoryDataset):
    """Is not emptied when no further node needs it."""

    def release(self):
        pass


class Watched(Segmenter):
    """Keeps the probabilities that it gave."""

    seen: list

    def segment_volumes(self, volumes):
        for found in super().segment_volumes(volumes):
            Watched.seen += [each.probability for each in found]
            yield found


@pytest.fixture(scope="module")
def network():
    """The brighter, the more probably tumour; of several channels each counts twice as much as the one before."""

    @cache
    def make(channels):
        inputs = keras.Input((SIDE, SIDE, channels))
        model = keras.Model(inputs, keras.layers.Conv2D(1, 1, name="logits")(inputs))
        model.set_weights([2 ** np.arange(1, channels + 1, dtype=np.float32)[None, None, :, None], np.zeros(1, np.float32)])
        return model

    return make


@pytest.fixture
def scans(tmp_path):
    """Two volumes in which one pixel is a hundred times as bright as tissue: nearly all are black where the window holds both."""
    root = tmp_path / "scans"
    root.mkdir()
    for number, name in enumerate(("anna", "bert")):
        values = np.random.default_rng(number).integers(20, 300, (SIDE, SIDE, 3)).astype(np.int16)
        values[3, 4, 1] = 30_000
        nibabel.save(nibabel.Nifti1Image(values, np.diag([1, 1, 4, 1])), root / f"{name}.nii.gz")
    return root


@pytest.fixture
def trained(tmp_path, network, scans):
    """What ingestion, preparation and prediction leave of a window, with a network that was trained meanwhile."""

    def run(channels=("T1-CE",), **window):
        options = IngestionOptions(reader="nifti", channels=channels, **window)
        recipe = Preparation(SIDE, "none", "zscore", context=0, lead_channel=0, channels=len(channels))
        home = tmp_path / options.window
        values = {
            "params:raw_root": str(scans),
            "params:ingestion": options,
            "params:phantoms": PhantomOptions(),
            "params:curation": CurationOptions(),
            "params:scheduler": "synchronous",
            "params:prediction": PredictionOptions(mirrors=False),
            "preparation": recipe.to_dict(),
            "segmenter": network(len(channels)),
            "augmentation_policy": {},
            "training_record": {"options": TrainingOptions().model_dump(mode="json")},
            "leakage_report": {"protocol": "all", "leaky": False},
        }
        catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in values.items()})
        catalog["inspection_cache"] = FactCacheDataset(filepath=str(home / "cache.sqlite"))
        catalog["images"] = ImageStoreDataset(filepath=str(home / "images"))
        for name in ("model_input", "probabilities"):
            catalog[name] = ArrayStoreDataset(filepath=str(home / name), version=Version("v", "v"))
        for name in ("cohort_index", "cases", "splits", "segmenter_bundle"):
            catalog[name] = Kept(copy_mode="assign")
        SequentialRunner().run(ingestion.create_pipeline().to_outputs("cases", "images"), catalog)
        cases = catalog.load("cases")
        catalog["splits"].save(cases[["case_id", "patient"]].assign(split="train", fold=-1))
        # Today's parameters are others than those of the ingestion.
        catalog["params:ingestion"].save(IngestionOptions(reader="nifti", channels=channels, bits=16))
        prepared = preparation.create_pipeline().only_nodes("prepare_model_input")
        predicted = prediction.create_pipeline().to_outputs("segmenter_bundle")
        SequentialRunner().run(prepared + predicted, catalog)
        return catalog.load("segmenter_bundle"), catalog.load("probabilities")["probability"]

    return run


@pytest.fixture
def infer(tmp_path, scans, network, monkeypatch):
    """The probabilities that inference gives to the very same files."""

    def run(bundle, *others):
        Watched.seen = []
        monkeypatch.setattr("tumourflow.inference.steps.Segmenter", Watched)
        monkeypatch.setattr("tumourflow.serving.registry.list_champions", lambda: [Champion("clinic-segmentation", 1, bundle), *others])
        monkeypatch.setattr("tumourflow.pipelines.inference.nodes.load_network", lambda _: network(len(bundle["channels"])))
        values = {
            "registered_models": SimpleNamespace(cohort="clinic"),
            "params:input": str(scans),
            "params:modality": None,
            "params:scheduler": "synchronous",
            "params:inference": InferenceOptions(),
        }
        catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in values.items()})
        for name in ("inference_inputs", "inference_models"):
            catalog[name] = MemoryDataset(copy_mode="assign")
        version = f"v{len(list(tmp_path.glob('masks/*')))}"
        catalog["inference_masks"] = MaskFolderDataset(filepath=str(tmp_path / "masks"), version=Version(version, version))
        catalog["inference_results"] = ResultStoreDataset(filepath=str(tmp_path / "results.sqlite"))
        SequentialRunner().run(inference.create_pipeline(), catalog)
        return np.array(Watched.seen)

    return run


def test_probabilities_are_those_of_the_prediction_room_whatever_the_window(trained, infer):
    bundle, predicted = trained(window="minmax")
    assert bundle["window"] == {"window": "minmax", "window_low": 0.5, "window_high": 99.5, "bits": 8}
    # Patients go by pseudonyms in one room and by files in the other.
    halves = np.array(predicted[:3], np.float32), np.array(predicted[3:], np.float32)
    found = infer(bundle)
    assert min(np.abs(found - np.concatenate(order)).max() for order in (halves, halves[::-1])) < 1e-3


def test_what_was_found_through_another_window_is_not_taken_over(trained, infer):
    bundle, _ = trained(window="minmax")
    first = infer(bundle)
    assert len(infer(bundle)) == 0
    older = infer({name: value for name, value in bundle.items() if name != "window"})
    assert np.abs(older - first).max() > 0.1


def test_sequences_are_joined_as_they_were_for_the_model(trained, infer, scans, caplog):
    for file in list(scans.iterdir()):
        for factor, word in enumerate(("t1", "flair", "t1ce", "t2"), start=1):
            stored = nibabel.load(file)
            values = stored.get_fdata().astype(np.int16) // factor
            nibabel.save(nibabel.Nifti1Image(np.roll(values, factor, axis=0), stored.affine), scans / f"{file.name[:4]}_{word}.nii.gz")
        file.unlink()
    bundle, predicted = trained(("T1", "FLAIR", "T1-CE"), sequences=("t1", "flair", "t1ce"))
    assert (bundle["sequences"], bundle["input_kind"]) == (["t1", "flair", "t1ce"], "brain-flair3")
    with caplog.at_level(logging.INFO):
        found = infer(bundle)
    assert "joined as clinic-segmentation v1 takes them: t1, flair, t1ce." in caplog.text
    halves = np.array(predicted[:3], np.float32), np.array(predicted[3:], np.float32)
    assert min(np.abs(found - np.concatenate(order)).max() for order in (halves, halves[::-1])) < 1e-3
    assert len(infer(bundle)) == 0
    (scans / "bert_flair.nii.gz").write_bytes((scans / "anna_flair.nii.gz").read_bytes())
    assert len(infer(bundle)) == 3
    (scans / "anna_t1ce.nii.gz").unlink()
    assert len(infer(bundle)) == 0


def test_the_router_sees_images_through_its_own_window(trained, infer, monkeypatch):
    bundle, predicted = trained(window="minmax")
    shown = []

    class Router:
        def __init__(self, *_):
            pass

        def route(self, images):
            shown.extend(images)
            return [Route("brain")] * len(images)

    monkeypatch.setattr("tumourflow.inference.sorting.Router", Router)
    window = {"window": "fixed", "window_low": 20, "window_high": 30, "bits": 8}
    found = infer(bundle, Champion("both-router", 1, {"refusal": {}, "window": window}))
    assert all(np.mean(image == 255) > 0.9 for image in shown)
    assert len(shown) == len(found) == len(predicted)
    assert np.abs(np.sort(found, axis=None) - np.sort(predicted, axis=None)).max() < 1e-3


def test_the_report_shows_images_as_the_segmenter_saw_them(trained, infer, monkeypatch):
    bundle, _ = trained(window="minmax")
    shown = []

    def render(findings, read_image, read_mask, **_):
        shown.extend(read_image(source) for source in findings["source"])
        return ""

    monkeypatch.setattr("tumourflow.reports.inference_page.render_inference", render)
    infer(bundle)
    # Of 30,000 tissue is no hundredth, which is 2 of 255.
    assert len(shown) == 6
    assert max(np.median(image) for image in shown) <= 2


def test_models_of_one_kind_that_were_trained_with_different_windows_are_told(monkeypatch, caplog):
    noted = {"window": "minmax", "window_low": 0, "window_high": 1, "bits": 8}
    segmenter = Champion("clinic-segmentation", 1, {"input_kind": "brain-t1ce", "window": noted})
    detector = Champion("clinic-classification", 2, {"input_kind": "brain-t1ce", "task": "tumour"})
    monkeypatch.setattr("tumourflow.serving.registry.list_champions", lambda: [segmenter, detector])
    inference.nodes.find_models(SimpleNamespace(cohort="clinic"), InferenceOptions(), None)
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.startswith("clinic-classification v2 takes images through the window percentile 0.5 to 99.5, 8 bits")


def test_a_model_without_a_window_sees_what_one_of_the_defaults_saw(trained, infer):
    bundle, predicted = trained()
    del bundle["window"]
    halves = np.array(predicted[:3], np.float32), np.array(predicted[3:], np.float32)
    found = infer(bundle)
    assert min(np.abs(found - np.concatenate(order)).max() for order in (halves, halves[::-1])) < 1e-3
