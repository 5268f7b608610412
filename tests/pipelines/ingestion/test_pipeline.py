from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from kedro_datasets.pandas import ParquetDataset
from PIL import Image

from tumourflow.datasets import FactCacheDataset, ImageStoreDataset
from tumourflow.errors import UserError
from tumourflow.imaging.content import content_key
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions
from tumourflow.pipelines.ingestion import create_pipeline

FIGURES = ("cohort_overview", "cohort_samples", "duplicate_sheet")
PATIENTS = ("anna", "bert", "carl")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Three patients of two slices in paired folders; the tumours grow from patient to patient."""
    root = tmp_path / "raw"
    for number, patient in enumerate(PATIENTS, start=1):
        for place in (1, 2):
            mask = np.zeros((16, 12), np.uint8)
            mask[2 : 2 + number, 3:6] = 255 * (place - 1)
            write(root / "images" / f"{patient}_{place}.png", np.arange(192, dtype=np.uint8).reshape(16, 12) + number * place)
            write(root / "masks" / f"{patient}_{place}_mask.png", mask)
    return root


def write(file: Path, pixels: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


@pytest.fixture
def ingest(tmp_path: Path) -> Callable[[Path], DataCatalog]:
    def run(root: Path) -> DataCatalog:
        catalog = DataCatalog(
            {
                "params:raw_root": MemoryDataset(str(root)),
                "params:ingestion": MemoryDataset(IngestionOptions(reader="paired")),
                "params:phantoms": MemoryDataset(PhantomOptions()),
                "params:curation": MemoryDataset(CurationOptions(max_excluded_fraction=0.46, off=("near_duplicate",))),
                "params:scheduler": MemoryDataset("threads"),
                "cohort_index": MemoryDataset(copy_mode="assign"),
                "inspection_cache": FactCacheDataset(filepath=str(tmp_path / "cache.sqlite")),
                "images": ImageStoreDataset(filepath=str(tmp_path / "store")),
                "cases": ParquetDataset(filepath=str(tmp_path / "cases.parquet")),
                "duplicate_pairs": ParquetDataset(filepath=str(tmp_path / "duplicate_pairs.parquet")),
                **{name: MemoryDataset(copy_mode="assign") for name in ("curation_ledger", "curation_findings", "curation_summary")},
                **{name: MemoryDataset(copy_mode="assign") for name in FIGURES},
            }
        )
        SequentialRunner().run(create_pipeline(), catalog)
        return catalog

    return run


def test_a_folder_becomes_cases_and_a_store(raw, ingest):
    catalog = ingest(raw)
    cases: pd.DataFrame = catalog["cases"].load()
    assert cases["case_id"].tolist() == [f"{patient}_{place}" for patient in PATIENTS for place in (1, 2)]
    assert cases["tumour_pixels"].tolist() == [0, 3, 0, 6, 0, 9]
    assert (cases[["height", "width", "channels"]] == [16, 12, 1]).all(axis=None)
    store = catalog["images"].load()
    for row in cases.itertuples():
        assert content_key(store.read(row.image)) == row.image
        assert store.read_mask(row.mask).sum() == row.tumour_pixels


def test_nothing_below_the_raw_folder_is_touched(raw, ingest):
    before = {path: path.read_bytes() for path in raw.rglob("*.png")}
    ingest(raw)
    assert {path: path.read_bytes() for path in raw.rglob("*") if path.is_file()} == before


def test_two_runs_give_the_same_tables(raw, ingest):
    (raw / "images" / "anna_1.png").write_bytes(b"no image")
    first, second = ([ingest(raw)[name].load() for name in ("cases", "curation_ledger")] for _ in range(2))
    for table, again in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(table, again)


def test_figures_are_made(raw, ingest):
    catalog = ingest(raw)
    for name in FIGURES:
        picture = Image.open(BytesIO(catalog[name].load()))
        assert min(picture.size) > 100
        assert len(set(picture.convert("L").tobytes())) > 10


def test_defects_become_rows_and_the_rest_goes_on(raw, ingest):
    (raw / "images" / "anna_1.png").write_bytes(b"no image")
    write(raw / "masks" / "bert_1_mask.png", np.zeros((9, 9), np.uint8))
    (raw / "masks" / "carl_1_mask.png").unlink()
    catalog = ingest(raw)
    ledger = catalog["curation_ledger"].load()
    ledger = ledger[ledger["action"] == "excluded"]
    assert dict(zip(ledger["file"], ledger["finding"], strict=True)) == {
        "images/anna_1.png": "undecodable",
        "masks/anna_1_mask.png": "undecodable",
        "images/bert_1.png": "size_mismatch",
        "masks/bert_1_mask.png": "size_mismatch",
        "images/carl_1.png": "orphan_image",
    }
    assert catalog["curation_summary"].load()["excluded"] == 5
    assert catalog["curation_findings"].load()[["finding", "rows", "cases"]].to_numpy().tolist() == [
        ["size_mismatch", 2, 1],
        ["undecodable", 2, 1],
        ["orphan_image", 1, 0],
    ]
    assert catalog["cases"].load()["slice"].tolist() == [2, 2, 2]


def test_copies_are_handed_on_in_pairs_and_groups(raw, ingest):
    """The second image of anna and the first of bert are the same."""
    catalog = ingest(raw)
    assert catalog["duplicate_pairs"].load()[["first", "second", "exact"]].to_numpy().tolist() == [["anna_2", "bert_1", True]]
    assert catalog["cases"].load()["group"].tolist() == ["anna"] * 4 + ["carl"] * 2


def test_names_that_no_file_can_have_are_in_the_ledger(raw, ingest):
    for folder, name in (("images", "an\nna_9.png"), ("masks", "an\nna_9_mask.png")):
        (raw / folder / name).write_bytes((raw / "images" / "anna_2.png").read_bytes())
    ledger = ingest(raw)["curation_ledger"].load()
    assert ledger.loc[ledger["action"] == "excluded", ["file", "finding"]].to_numpy().tolist() == [
        [r"images/an\nna_9.png", "unsafe_name"],
        [r"masks/an\nna_9_mask.png", "unsafe_name"],
    ]


def test_a_missing_folder_an_empty_one_and_another_layout_are_sentences(tmp_path, ingest):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "scan.nii").touch()
    for name, sentence in (("missing", "does not exist"), ("empty", "is empty"), ("other", "another layout")):
        with pytest.raises(UserError, match=rf"`raw_root` .*{sentence}.*") as caught:
            ingest(tmp_path / name)
        assert name in str(caught.value)


def test_too_many_defects_stop_the_run_before_anything_is_stored(raw, ingest, tmp_path):
    for file in (raw / "images").glob("*_1.png"):
        file.write_bytes(b"")
    with pytest.raises(UserError, match=r"`curation.max_excluded_fraction` = 0.46"):
        ingest(raw)
    assert not (tmp_path / "store").exists()
