"""What docs/own_data.md tells people to write is written, and the folders it describes come in."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
import yaml
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner
from PIL import Image

from tumourflow.options import parse_parameters
from tumourflow.options.curation import split_decision
from tumourflow.pipelines.ingestion import create_pipeline
from tumourflow.settings import CONFIG_LOADER_ARGS

# What Kedro owes OmegaConf.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/own_data.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.+?)```", PAGE, re.DOTALL)
READERS = ("paired", "classes", "manifest", "dicom", "nifti")


def find_block(line: str) -> str:
    """Find the one block that has a line."""
    (found,) = (block for block in BLOCKS if line in map(str.strip, block.splitlines()))
    return found


def draw(file: Path, seed: int, colour: bool = False) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (32, 32, 3)[: 2 + colour], np.uint8)).save(file)


def draw_mask(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.pad(np.full((5, 4), 255, np.uint8), ((9, 18), (7, 21)))).save(file)


@pytest.fixture
def ingest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], pd.DataFrame]:
    """`ingest(reader)` writes the two files of conf/clinic/ as the page has them, and takes `raw/` in; gives the table of cases."""

    def run(reader: str) -> pd.DataFrame:
        shutil.copytree(ROOT / "conf", tmp_path / "conf")
        (tmp_path / "conf/clinic").mkdir()
        (tmp_path / "conf/clinic/globals.yml").write_text(find_block("cohort: clinic"))
        (tmp_path / "conf/clinic/parameters.yml").write_text(find_block(f"reader: {reader}"))
        monkeypatch.chdir(tmp_path)
        given = {"raw_root": str(tmp_path / "raw"), "scheduler": "synchronous"}
        loader = OmegaConfigLoader("conf", env="clinic", runtime_params=given, **CONFIG_LOADER_ARGS)
        parameters, pipeline = parse_parameters(loader["parameters"]), create_pipeline()
        entries = {name: entry for name, entry in loader["catalog"].items() if name in pipeline.datasets()}
        catalog = DataCatalog.from_config(entries, save_version="1")
        for name in pipeline.inputs() - set(entries):
            catalog[name] = getattr(parameters, name.removeprefix("params:"))
        SequentialRunner().run(pipeline, catalog)
        assert (tmp_path / "data/03_primary/clinic/cases.parquet/1/cases.parquet").exists()
        assert catalog.load("curation_summary")["excluded"] == 0
        return catalog.load("cases").set_index("case_id")

    return run


@pytest.mark.parametrize("reader", READERS)
def test_a_cohort_is_described_in_under_15_lines(reader):
    both = find_block("cohort: clinic") + find_block(f"reader: {reader}")
    assert len(both.splitlines()) < 15


def test_paired_folders_come_in(tmp_path, ingest):
    for seed, name in enumerate(("HA-12_1", "HA-12_2", "B-3_1")):
        draw(tmp_path / f"raw/images/{name}.png", seed)
        draw_mask(tmp_path / f"raw/masks/{name}_mask.png")
    (tmp_path / "raw/notes.txt").touch()
    cases = ingest("paired")
    assert cases[["patient", "site", "slice", "tumour_pixels"]].to_dict("index") == {
        "B-3_1": {"patient": "B-3", "site": "B", "slice": 1, "tumour_pixels": 20},
        "HA-12_1": {"patient": "HA-12", "site": "HA", "slice": 1, "tumour_pixels": 20},
        "HA-12_2": {"patient": "HA-12", "site": "HA", "slice": 2, "tumour_pixels": 20},
    }


def test_class_folders_come_in_grey_and_coloured(tmp_path, ingest):
    for seed, name in enumerate(("yes/Y1.jpg", "yes/Y2.png", "no/N1.jpg")):
        draw(tmp_path / "raw" / name, seed, colour=name == "yes/Y2.png")
    cases = ingest("classes")
    assert cases["label"].to_dict() == {"no/N1": "no", "yes/Y1": "yes", "yes/Y2": "yes"}
    assert (cases["channels"] == 1).all()


def test_a_table_comes_in_as_the_page_writes_it(tmp_path, ingest):
    rows = re.findall(r"^    ((?:path,mask|pictures/).+)$", PAGE, re.MULTILINE)
    assert len(rows) == 3
    for seed, row in enumerate(rows[1:]):
        image, masks = row.split(",")[:2]
        draw(tmp_path / "raw" / image, seed)
        for mask in masks.split(";"):
            draw_mask(tmp_path / "raw" / mask)
    (tmp_path / "raw/manifest.csv").write_text("\n".join(rows))
    cases = ingest("manifest")
    assert cases[["patient", "label", "slice"]].to_numpy().tolist() == [["anna", "glioma", 1], ["anna", "glioma", 3]]
    assert (cases["tumour_pixels"] == 20).all()


def test_sequences_in_files_of_their_own_come_in_as_the_page_lists_them(tmp_path, ingest):
    """The tumour has the labels 1, 2 and 4, and the channels are told apart by their values."""
    names = re.findall(r"BraTS20_Training_001_\w+\.nii\.gz(?=   |$)", PAGE[: PAGE.index("# conf/brats/parameters.yml")], re.MULTILINE)
    assert len(names) == 5
    (tmp_path / "raw/BraTS20_Training_001").mkdir(parents=True)
    labels = np.zeros((32, 32, 2), np.uint8)
    labels[:4] = np.array([0, 1, 2, 4])[:, None, None]
    for number, name in enumerate(names):
        values = labels if name.endswith("_seg.nii.gz") else np.where(labels, labels, np.uint8(10 * number))
        nibabel.save(nibabel.Nifti1Image(values, np.diag([-1.0, -1, 1, 1])), tmp_path / "raw/BraTS20_Training_001" / name)
    cases = ingest("nifti")
    assert cases[["slice", "channels", "tumour_pixels"]].to_numpy().tolist() == [[1, 3, 96], [2, 3, 96]]
    (stored, *_) = (tmp_path / "data/02_intermediate/clinic/images").glob(f"*/{cases['image'].iloc[0]}.png")
    words = [name.removesuffix(".nii.gz").rpartition("_")[2] for name in names]
    assert np.array(Image.open(stored))[9, 9].tolist() == [10 * words.index(word) for word in ("t1", "flair", "t1ce")]


def test_decisions_of_people_are_as_the_page_writes_them():
    found = yaml.safe_load(find_block("decisions:"))
    curation = parse_parameters({"raw_root": "x", "ingestion": {"reader": "paired"}, **found}).curation
    assert [split_decision(*line)[0] for line in curation.decisions.items()] == ["excluded", "excluded", "kept", "apart", "apart", "with"]
