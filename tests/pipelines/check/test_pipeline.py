from pathlib import Path

import nibabel
import numpy as np
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from PIL import Image

from tumourflow.datasets import FactCacheDataset
from tumourflow.errors import UserError
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions, SplittingOptions
from tumourflow.pipelines import ingestion
from tumourflow.pipelines.check import create_pipeline


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    root = tmp_path / "raw"
    for number, patient in enumerate(("anna", "bert", "carl")):
        for folder, name, pixels in (
            ("images", f"{patient}_1.png", np.arange(64, dtype=np.uint8).reshape(8, 8) + number),
            ("masks", f"{patient}_1_mask.png", np.eye(8, dtype=np.uint8) * 255),
        ):
            (root / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(root / folder / name)
    return root


def check(root, **changed):
    parameters = {
        "raw_root": str(root),
        "ingestion": IngestionOptions(reader="paired"),
        "phantoms": PhantomOptions(),
        "curation": CurationOptions(max_excluded_fraction=0.5),
        "scheduler": "threads",
        "splitting": SplittingOptions(),
        "seed": 0,
        "split_file": None,
        "folds": None,
        "fold": 0,
        "protocol": "patient",
    } | changed
    catalog = DataCatalog({f"params:{name}": MemoryDataset(value, copy_mode="assign") for name, value in parameters.items()})
    catalog["inspection_cache"] = FactCacheDataset(filepath=str(root.parent / "cache.sqlite"))
    for name in ("cohort_index", "sampled_inspections", "check_report"):
        catalog[name] = MemoryDataset(copy_mode="assign")
    pipeline = ingestion.create_pipeline().only_nodes("index_cohort") + create_pipeline()
    return SequentialRunner().run(pipeline, catalog)["check_report"].load()


def test_a_sound_cohort_would_go_through(raw):
    report = check(raw)
    assert report["verdict"] == "would go through"
    assert report["files"] == {"found": 6, "images": 3, "masks": 3, "metadata": 0, "excluded": 0}
    assert report["split"] == {"train": 1, "validation": 1, "test": 1}


def test_volumes_whose_number_is_the_patients_go_through_with_the_pattern_that_the_refusal_names(tmp_path):
    for number in (1, 2, 3):
        grey = np.arange(256, dtype=np.uint8).reshape(8, 8, 4) // number
        for folder, values in (("imagesTr", grey), ("labelsTr", (grey > 50).astype(np.uint8))):
            (tmp_path / "raw" / folder).mkdir(parents=True, exist_ok=True)
            nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "raw" / folder / f"BRATS_00{number}.nii.gz")
    with pytest.raises(UserError, match=r"has 1 patients .* names such as `BRATS_001`, it is `\(\?P<patient>\.\+\)`\.$"):
        check(tmp_path / "raw", ingestion=IngestionOptions(reader="nifti"))
    report = check(tmp_path / "raw", ingestion=IngestionOptions(reader="nifti", case_pattern="(?P<patient>.+)"))
    assert (report["verdict"], report["patients"], report["doubt"]) == ("would go through", 3, "")
    assert report["files"] == {"found": 6, "images": 3, "masks": 3, "metadata": 0, "excluded": 0}


def test_the_room_starts_from_the_index_that_ingestion_makes():
    assert {name for name in create_pipeline().inputs() if not name.startswith("params:")} == {"cohort_index"}


def test_nothing_is_written(raw, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    check(raw)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_would_stop_a_run_stops_the_check(raw, tmp_path):
    file = tmp_path / "split.csv"
    file.write_text("patient_id,split\nzoe,train\n")
    for changed, sentence in (
        ({"split_file": str(file)}, "zoe"),
        ({"folds": 9}, "`folds` is 9"),
        ({"raw_root": str(tmp_path / "none")}, "does not exist"),
        ({"ingestion": IngestionOptions(reader="kaggle_3m")}, "another layout"),
    ):
        with pytest.raises(UserError, match=sentence):
            check(raw, **changed)


def test_an_unreadable_file_leaves_too_few_patients(raw):
    (raw / "images" / "anna_1.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"has 2 patients .*, too few to split"):
        check(raw)
