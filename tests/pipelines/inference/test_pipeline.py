from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pydicom
import pytest
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.runner import SequentialRunner
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from tumourflow.datasets import MaskFolderDataset, ResultStoreDataset
from tumourflow.errors import UserError
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import InferenceOptions
from tumourflow.pipelines.inference import create_pipeline
from tumourflow.prediction.postprocessing import PostProcessing
from tumourflow.serving.registry import Champion
from tumourflow.serving.segmenter import Segmenter

BUNDLE = {
    "format": 1,
    "input_kind": "brain-flair3",
    "preparation": Preparation(16, "none", "zscore", context=1, lead_channel=1, channels=3).to_dict(),
    "postprocessing": PostProcessing(threshold=0.5, components=0, minimum_area=0).to_dict(),
    "mirrors": True,
}


class Kept(MemoryDataset):
    """Is not emptied once its readers have run."""

    def _release(self) -> None:
        pass


PERSON = "Zwickelmann"


def write_dicom(path, place):
    path.parent.mkdir(exist_ok=True)
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = MRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = f"1.2.3.{place + 1}"
    dataset.PatientID = dataset.PatientName = dataset.InstitutionName = PERSON
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "1.2", "1.3", "1.4"
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, place], [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing, dataset.Rows, dataset.Columns = [0.5, 0.25], 16, 16
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = np.random.default_rng(place).integers(0, 256, (16, 16), np.uint8).tobytes()
    dataset["PixelData"].VR = "OB"
    dataset.save_as(path, enforce_file_format=True)


@pytest.fixture(scope="module")
def network():
    """Tumour is where the second channel is bright."""
    inputs = keras.Input((16, 16, 5))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 1, name="logits")(inputs))
    model.set_weights([np.array([0, 4, 0, 0.5, 0], np.float32).reshape(1, 1, 5, 1), np.array([-4], np.float32)])
    return model


@pytest.fixture
def registry(monkeypatch, network):
    """A registry whose champions can be replaced, and what was loaded of them."""
    held = SimpleNamespace(champions=[Champion("lgg-segmentation", 3, BUNDLE)], loaded=[])

    def load(address):
        held.loaded.append(address)
        return network

    monkeypatch.setattr("tumourflow.serving.registry.list_champions", lambda: held.champions)
    monkeypatch.setattr("tumourflow.pipelines.inference.nodes.load_network", load)
    return held


@pytest.fixture
def folder(tmp_path):
    """Anna has three slices, of which the second has a tumour; beside her lie a mask, a text and half a picture."""
    root = tmp_path / "in"
    (root / "anna").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in (1, 2, 3):
        pixels = rng.integers(60, 90, (24, 20, 3)).astype(np.uint8)
        pixels[:, :, 0] //= 2
        if number == 2:
            pixels[6:12, 5:11, 1] = 250
        Image.fromarray(pixels).save(root / f"anna/{number}.png")
    Image.fromarray(np.zeros((24, 20), np.uint8)).save(root / "anna/2_mask.png")
    (root / "broken.png").write_bytes((root / "anna/1.png").read_bytes()[:300])
    (root / "notes.txt").write_text("no image")
    return root


@pytest.fixture
def infer(tmp_path, registry):
    """Run the room; its masks and its store lie on disk."""
    calls = []

    def run(path, modality=None, **options):
        calls.append(path)
        values = {
            "registered_models": SimpleNamespace(cohort="phantoms"),
            "params:input": path if path is None else str(path),
            "params:modality": modality,
            "params:scheduler": "synchronous",
            "params:inference": InferenceOptions(**options),
        }
        catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in values.items()})
        for name in ("inference_inputs", "inference_models"):
            catalog[name] = MemoryDataset(copy_mode="assign")
        for name in ("findings", "findings_summary", "inference_report"):
            catalog[name] = Kept()
        version = f"v{len(calls)}"
        catalog["inference_masks"] = MaskFolderDataset(filepath=str(tmp_path / "masks"), version=Version(version, version))
        catalog["inference_results"] = ResultStoreDataset(filepath=str(tmp_path / "results.sqlite"))
        SequentialRunner().run(create_pipeline(), catalog)
        made = {name: catalog.load(name) for name in ("findings", "findings_summary", "inference_report", "inference_masks")}
        return SimpleNamespace(**made, table=made["findings"].set_index("source"))

    return run


def test_every_file_has_its_row(infer, folder):
    found = infer(folder)
    told = found.table["status"].to_dict()
    assert told == {
        "anna/1.png": "done",
        "anna/2.png": "done",
        "anna/3.png": "done",
        "broken.png": "unreadable",
        "anna/2_mask.png": "refused",
        "notes.txt": "unreadable",
    }
    assert found.findings_summary["with_tumour"] == 1
    assert found.findings_summary["models"]["segmentation"] == {"lgg-segmentation v3": 3}
    assert not found.table["reason"].str.contains(str(folder)).any()


@pytest.mark.parametrize("leaky", [True, False])
def test_what_a_leaky_model_finds_says_so(infer, folder, registry, caplog, leaky: bool):
    registry.champions = [Champion("lgg-segmentation", 3, BUNDLE | {"leaky": leaky})]
    with caplog.at_level("WARNING"):
        found = infer(folder)
    assert found.findings_summary["leaky"] == leaky
    assert ("Leaky: lgg-segmentation v3 was trained on a split that leaks" in found.inference_report) == leaky
    assert ("LEAKY: lgg-segmentation v3" in caplog.text) == leaky


def test_masks_are_those_of_the_segmenter_in_native_size(infer, folder, network):
    found = infer(folder)
    images = [np.asarray(Image.open(folder / f"anna/{number}.png")) for number in (1, 2, 3)]
    for number, expected in enumerate(Segmenter(network, BUNDLE).segment(images, [1, 2, 3]), start=1):
        row = found.table.loc[f"anna/{number}.png"]
        mask = found.inference_masks.read(row["mask"])
        assert np.array_equal(mask, expected.mask)
        assert (mask.shape, row["area"], row["slice"]) == ((24, 20), int(expected.mask.sum()), number - 1)
    row = found.table.loc["anna/2.png"]
    assert abs(row["centre_row"] - 8.5) < 1.5
    assert row["lesions"] >= 1
    assert 0.5 <= row["probability"] <= 1


def test_steps_without_a_model_say_so_and_the_page_shows_all(infer, folder):
    found = infer(folder)
    row = found.table.loc["anna/2.png"]
    assert (row["detection"], row["segmentation"], row["typing"]) == ("no model", "done", "no model")
    assert np.isnan(row["tumour_probability"])
    assert "anna/2.png" in found.inference_report
    assert "broken.png" in found.inference_report


def test_a_second_call_does_only_what_is_new(infer, folder, registry):
    first = infer(folder)
    registry.loaded.clear()
    again = infer(folder)
    assert registry.loaded == []
    pd.testing.assert_frame_equal(again.findings, first.findings)
    assert np.array_equal(again.inference_masks.read("anna/2.png_mask.png"), first.inference_masks.read("anna/2.png_mask.png"))
    (folder / "bert.png").write_bytes((folder / "anna/2.png").read_bytes())
    assert infer(folder).table.loc["bert.png", "status"] == "done"
    assert registry.loaded == ["models:/lgg-segmentation/3"]


def test_another_backend_does_all_again(infer, folder, registry, monkeypatch):
    infer(folder)
    registry.loaded.clear()
    monkeypatch.setattr("tumourflow.inference.results.describe_engine", lambda: [("backend", "another")])
    infer(folder)
    assert registry.loaded == ["models:/lgg-segmentation/3"]


def test_another_version_of_the_model_does_all_again(infer, folder, registry):
    infer(folder)
    registry.champions = [Champion("lgg-segmentation", 4, BUNDLE)]
    assert set(infer(folder).table.loc[["anna/1.png", "anna/2.png"], "segmentation_model"]) == {"lgg-segmentation v4"}


def test_nothing_tells_whose_the_dicom_files_are(infer, registry, monkeypatch, tmp_path, caplog):
    for place in range(2):
        write_dicom(tmp_path / "in" / f"{place}.dcm", place)
    bare = keras.Input((16, 16, 1))
    grey = keras.Model(bare, keras.layers.Conv2D(1, 1, name="logits")(bare))
    monkeypatch.setattr("tumourflow.pipelines.inference.nodes.load_network", lambda _: grey)
    preparation = Preparation(16, "none", "zscore", context=0, lead_channel=0, channels=1)
    registry.champions = [Champion("a-segmentation", 1, BUNDLE | {"input_kind": "brain-t1ce", "preparation": preparation.to_dict()})]
    caplog.set_level("DEBUG")
    found = infer(tmp_path / "in")
    assert found.table["status"].tolist() == ["done", "done"]
    assert found.table["row_spacing"].tolist() == [0.5, 0.5]
    assert found.findings["patient"].str.fullmatch("p[0-9a-f]{10}").all()
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != tmp_path / "in"]
    assert [path.name for path in written if path.name.endswith("_seg.dcm")] == ["0.dcm_seg.dcm"]
    told = [found.findings.to_csv(), found.inference_report, caplog.text, *(path.read_bytes().decode("latin-1") for path in written)]
    assert all(PERSON.encode() in path.read_bytes() for path in (tmp_path / "in").iterdir())
    assert not [text for text in told if PERSON in text]


def test_a_single_file_is_enough(infer, folder):
    assert infer(folder / "anna/2.png").table.loc["2.png", "area"] > 0


def test_an_image_that_goes_away_before_the_page_is_made_is_told_and_what_was_found_is_kept(infer, folder, registry, monkeypatch):
    away = folder / "anna/2.png"
    content = away.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("tumourflow.inference.findings.require_readable", lambda *_: away.unlink())
        with pytest.raises(
            UserError, match=r"`input` changed meanwhile, anna/2.png: The file cannot be read: .* Run again: what was found is kept"
        ):
            infer(folder)
    away.write_bytes(content)
    assert infer(folder).table.loc["anna/2.png", "area"] > 0


def test_bad_input_is_told_before_anything_is_loaded(infer, folder, registry, tmp_path):
    (tmp_path / "empty").mkdir()
    for path, told in ((None, "`input` is missing"), (tmp_path / "gone", "does not exist"), (tmp_path / "empty", "`input` is empty")):
        with pytest.raises(UserError, match=told):
            infer(path)
    with pytest.raises(UserError, match="holds nothing that can be read"):
        infer(folder / "broken.png")
    registry.champions = []
    with pytest.raises(UserError, match="No model is registered"):
        infer(folder)
    assert registry.loaded == []


def test_a_model_that_is_not_there_is_told(infer, folder):
    with pytest.raises(UserError, match="nowhere"):
        infer(folder, models=["nowhere/at/all"])


def test_a_named_model_of_which_nobody_can_tell_what_it_does_is_told(infer, folder, tmp_path):
    (tmp_path / "mine.keras").write_bytes(b"network")
    (tmp_path / "mine.json").write_text('{"input_kind": "brain-flair3"}')
    with pytest.raises(UserError, match=r"`inference.models` names mine v[0-9a-f]{8}, which is none that `inference` uses"):
        infer(folder, models=[str(tmp_path / "mine.keras")])


def test_the_other_modality_finds_no_model(infer, folder):
    row = infer(folder, modality="breast").table.loc["anna/2.png"]
    assert (row["status"], row["input_kind"], row["segmentation"]) == ("done", "breast-us", "no model")
