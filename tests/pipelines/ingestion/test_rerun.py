"""What a second run does again."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from kedro_datasets.pandas import CSVDataset, ParquetDataset
from PIL import Image

from tumourflow.cohorts.phantoms.write import write_phantoms
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.curation import duplicates
from tumourflow.datasets import FactCacheDataset, ImageStoreDataset, PictureDataset
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions
from tumourflow.pipelines.ingestion import create_pipeline

PHANTOMS = PhantomOptions(patients=4, slices=5, size=32, defects=False)
NOTHING: dict[str, int] = {}
STEPS = {
    "tabulated": "tabulate_facts",
    "searched": "find_duplicates",
    "overview": "draw_overview",
    "samples": "draw_samples",
    "pairs": "draw_pairs",
}
ALL_DONE = dict.fromkeys(STEPS, 1)
FILES = {
    "inspections": (ParquetDataset, "parquet"),
    "cases": (ParquetDataset, "parquet"),
    "duplicate_pairs": (ParquetDataset, "parquet"),
    "curation_ledger": (CSVDataset, "csv"),
    "cohort_overview": (PictureDataset, "png"),
    "cohort_samples": (PictureDataset, "png"),
    "duplicate_sheet": (PictureDataset, "png"),
}


class Project:
    """A phantom cohort that is ingested again and again, and what is done for it."""

    def __init__(self, home: Path) -> None:
        self.home, self.done = home, Counter[str]()
        write_phantoms(home / "raw", PHANTOMS)

    def ingest(self, ingestion: dict[str, Any] = {}, curation: dict[str, Any] = {}, cache: str = "cache") -> dict[str, int]:  # noqa: B006
        """Run, and tell how often each expensive step was taken."""
        parameters = {
            "raw_root": str(self.home / "raw"),
            "ingestion": IngestionOptions(**{"reader": "kaggle_3m", "lead_channel": 1, **ingestion}),
            "phantoms": PHANTOMS,
            "curation": CurationOptions(**curation),
            "scheduler": "synchronous",
        }
        catalog = DataCatalog({f"params:{name}": MemoryDataset(value) for name, value in parameters.items()})
        catalog["inspection_cache"] = FactCacheDataset(filepath=str(self.home / f"{cache}.sqlite"))
        catalog["images"] = ImageStoreDataset(filepath=str(self.home / "store"))
        for name, (kind, suffix) in FILES.items():
            catalog[name] = kind(filepath=str(self.home / f"{name}.{suffix}"))
        catalog["cohort_index"] = MemoryDataset(copy_mode="assign")
        self.done.clear()
        stored = self.images()
        SequentialRunner().run(create_pipeline(), catalog)
        new = len(self.images().items() - stored.items())
        return dict(self.done) | ({"stored": new} if new else {})

    def images(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (self.home / "store").rglob("*.png")}

    def artifacts(self) -> dict[str, str]:
        return {name: hashlib.sha256((self.home / f"{name}.{suffix}").read_bytes()).hexdigest() for name, (_, suffix) in FILES.items()}

    def change_one(self) -> None:
        file = sorted(path for path in (self.home / "raw").rglob("*.tif") if "_mask" not in path.name)[7]
        Image.open(file).point(lambda value: 255 - value).save(file, format="TIFF")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)

    def count(name: str, place: str) -> None:
        module, function = place.rsplit(".", 1)
        original = getattr(__import__(module, fromlist=[function]), function)

        def counted(*arguments: Any, **named: Any) -> Any:
            project.done[name] += 1
            return original(*arguments, **named)

        monkeypatch.setattr(place, counted)

    count("inspected", "tumourflow.curation.inspections.inspect_case")
    for name, function in STEPS.items():
        count(name, f"tumourflow.pipelines.ingestion.nodes.{function}")
    return project


def test_the_second_run_does_nothing_and_leaves_the_same_files_bit_for_bit(project):
    first = project.ingest()
    assert first["inspected"] > 15
    assert first["stored"] > 15
    assert first.items() >= ALL_DONE.items()
    before = project.artifacts()
    assert project.ingest() == NOTHING
    assert project.artifacts() == before


def test_without_what_is_remembered_the_files_are_the_same_bit_for_bit(project):
    project.ingest()
    project.ingest()
    before = project.artifacts()
    assert project.ingest(cache="another").items() >= ALL_DONE.items()
    assert project.artifacts() == before


def test_one_changed_file_is_inspected_and_stored_alone(project):
    project.ingest()
    project.change_one()
    done = project.ingest()
    assert (done["inspected"], done["stored"]) == (1, 1)
    after = project.artifacts()
    assert project.ingest(cache="another")["searched"] == 1
    assert project.artifacts() == after


def test_a_changed_sequence_redoes_its_patient_alone(project):
    noise = np.random.default_rng(0).integers(0, 4000, (3, 4, 16, 16, 4))
    shutil.rmtree(project.home / "raw")
    for patient, (t1, flair, t2, other) in zip(("anna", "bert", "carl"), noise, strict=True):
        for word, values in {"t1": t1, "flair": flair, "t2": t2, "seg": other > 3000}.items():
            save_volume(project.home / f"raw/{patient}/{patient}_{word}.nii.gz", values)
    joined = {"reader": "nifti", "sequences": ("flair", "t2", "t1"), "window": "fixed", "window_low": 0, "window_high": 4080}
    assert project.ingest(joined).items() >= {"inspected": 12, "stored": 24}.items()
    cases = ParquetDataset(filepath=str(project.home / "cases.parquet")).load()
    anna = cases[cases["patient"] == make_pseudonym("anna")]
    stored = np.array(Image.open(project.home / f"store/{anna['image'].iloc[2][:2]}/{anna['image'].iloc[2]}.png"))
    assert stored.tolist() == np.rint(np.stack([noise[0, each, :, :, 2].T for each in (1, 2, 0)], axis=-1) / 16).astype(int).tolist()
    assert project.ingest(joined) == NOTHING
    save_volume(project.home / "raw/bert/bert_t1.nii.gz", noise[1, 0] // 2)
    done = project.ingest(joined)
    assert (done["inspected"], done["stored"]) == (4, 4)
    assert project.ingest(joined) == NOTHING


def save_volume(file: Path, values: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(values.astype(np.int16), np.diag([-1.0, -1, 1, 1])), file)


def test_after_a_change_the_search_for_copies_goes_by_the_last_one(project, monkeypatch):
    earlier: list[Any] = []
    search = duplicates.search_near_copies
    monkeypatch.setattr(
        duplicates, "search_near_copies", lambda images, known, *more: earlier.append(known) or search(images, known, *more)
    )
    project.ingest()
    project.change_one()
    project.ingest()
    assert [known is None for known in earlier] == [True, False]


@pytest.mark.parametrize(
    ("changed", "redone"),
    [
        ({"curation": {"max_excluded_fraction": 0.5}}, {}),
        ({"curation": {"near_duplicate": 0.9}}, {"searched": 1}),
        ({"ingestion": {"lead_channel": 0}}, {"samples": 1}),
        ({"ingestion": {"channels": ("T1", "FLAIR", "T1-CE")}}, {}),
    ],
    ids=["max_excluded_fraction", "near_duplicate", "lead_channel", "channels"],
)
def test_a_changed_parameter_redoes_what_depends_on_it(project, changed: dict[str, Any], redone: dict[str, int]):
    project.ingest()
    done = project.ingest(**changed)
    # The sheet of duplicates shows a channel, and pairs that were found.
    done.pop("pairs", None)
    assert done == redone


def test_other_code_redoes_all_that_was_computed(project, monkeypatch):
    project.ingest()
    monkeypatch.setattr("tumourflow.datasets.fingerprint._describe_code", lambda: b"other")
    assert project.ingest() == ALL_DONE


def test_a_file_that_could_not_be_read_is_tried_again(project):
    """It may be readable tomorrow, though nobody has written it."""
    file = next((project.home / "raw").rglob("*_3.tif"))
    file.write_bytes(b"no image")
    lenient = {"max_excluded_fraction": 0.5}
    project.ingest(curation=lenient)
    assert project.ingest(curation=lenient).items() >= {"inspected": 1, "tabulated": 1}.items()


def test_a_file_that_is_new_or_gone_is_seen_though_no_case_has_changed(project):
    project.ingest()
    stray = project.home / "raw/notes.txt"
    stray.write_text("a file that the layout does not know")
    assert project.ingest() == NOTHING
    assert "notes.txt" in (project.home / "curation_ledger.csv").read_text()
    stray.unlink()
    project.ingest()
    assert "notes.txt" not in (project.home / "curation_ledger.csv").read_text()


def test_tables_hold_no_thumbnails(project):
    project.ingest()
    assert "thumbnail" not in ParquetDataset(filepath=str(project.home / "inspections.parquet")).load()
