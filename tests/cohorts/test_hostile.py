"""Files that nobody made with good intentions: each becomes a row of the ledger, and the rest goes on."""

import io
import json
import os
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import Curated, curate
from tumourflow.curation.integrity import inspect_case
from tumourflow.errors import UserError
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions

FUZZ = Path(__file__).with_name("fuzz.py")
LAYOUTS = dict.fromkeys(("png", "tiff", "jpeg", "mat", "dicom", "nifti", "manifest"), 100)
LAYOUTS |= {"bitmap": 50, "kaggle_3m": 50, "busi": 50, "classes": 50, "folds": 20, "drawn": 20, "sequences": 40}
"""What is mutated, and how many files of it in a test of seconds."""
OPTIONS = IngestionOptions(reader="paired")


def throw(layout: str, count: int, seed: int) -> dict:
    """Throw mutated files at a reader in a process that may fall over; one that hangs or swells is ended."""
    command = [sys.executable, str(FUZZ), layout, str(count), str(seed)]
    # Several run side by side, so each has one thread.
    alone = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=alone)
    assert run.stdout, f"the process ended with {run.returncode}: {run.stderr[-3000:]}"
    return json.loads(run.stdout)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_mutated_files_neither_stop_a_run_nor_get_lost(layout):
    report = throw(layout, LAYOUTS[layout], seed=0)
    assert report["failures"] == []
    assert report["peak_megabytes"] < 1024
    assert report["findings"]["undecodable"] > 0
    assert report["findings"]["sound"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_ten_thousand_mutated_files_neither_stop_a_run_nor_get_lost(layout):
    """In portions, two at a time; `pytest -s` shows how far it is."""
    with ThreadPoolExecutor(2) as pool:
        for done, report in enumerate(pool.map(lambda seed: throw(layout, 1000, seed), range(1, 11)), start=1):
            sys.stdout.write(f"{layout}: {1000 * done} of 10000 files, {report['seconds']} s, {report['peak_megabytes']} MB\n")
            sys.stdout.flush()
            assert report["failures"] == []
            assert report["peak_megabytes"] < 1536


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Four sound cases in paired folders."""
    root = tmp_path / "raw"
    for number in range(4):
        mask = np.zeros((16, 16), np.uint8)
        mask[2:5, 3 : 6 + number] = 255
        add(root, f"sound_{number + 1}", np.random.default_rng(number).integers(0, 256, (16, 16), np.uint8), mask)
    return root


def add(root: Path, name: str, image: np.ndarray | bytes, mask: np.ndarray) -> None:
    for file, content in ((root / f"images/{name}.png", image), (root / f"masks/{name}_mask.png", mask)):
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            Image.fromarray(content).save(file)


def ingest(root: Path, limit: float = 1, options: IngestionOptions = OPTIONS) -> Curated:
    index = read_cohort(root, options, PhantomOptions())
    return curate(index, tabulate_facts(map(inspect_case, index.cases)), options, CurationOptions(max_excluded_fraction=limit))


def findings(curated: Curated) -> dict[str, str]:
    excluded = curated.ledger[curated.ledger["action"] == "excluded"]
    return dict(zip(excluded["file"], excluded["finding"], strict=True))


MASK = np.pad(np.full((3, 4), 255, np.uint8), ((5, 8), (5, 7)))


def bomb() -> bytes:
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 200_000, 200_000, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(10_000))), (b"IEND", b"")]
    parts = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("content", "finding"),
    [(bomb(), "too_large"), (b"", "empty"), (b"no image", "undecodable"), (b"\x89HDF\r\n\x1a\n" + bytes(99), "undecodable")],
    ids=["decompression bomb", "empty", "no image", "another format"],
)
def test_a_hostile_file_becomes_a_row_and_the_rest_goes_on(raw, content, finding):
    add(raw, "evil_1", content, MASK)
    curated = ingest(raw)
    assert findings(curated)["images/evil_1.png"] == finding
    assert len(curated.cases) == 4


@pytest.mark.parametrize("name", ["two\nlines_1", "tab\there_1", "..evil_1"])
def test_a_name_that_is_no_name_is_accounted_for(raw, name):
    add(raw, name, np.full((16, 16), 7, np.uint8) + MASK, MASK)
    curated = ingest(raw)
    assert curated.summary["found"] == 10
    assert "\n" not in "".join(curated.ledger["file"])


def test_links_in_a_circle_become_rows_and_the_rest_goes_on(raw):
    (raw / "images/evil_1.png").symlink_to("evil_1.png")
    (raw / "masks/evil_1_mask.png").symlink_to("gone.png")
    (raw / "images/loop").symlink_to("..")
    curated = ingest(raw)
    assert findings(curated) == {"images/evil_1.png": "undecodable", "masks/evil_1_mask.png": "undecodable", "images/loop": "stray"}
    assert len(curated.cases) == 4


def test_a_pipe_is_never_waited_for(raw):
    os.mkfifo(raw / "images/evil_1.png")
    os.mkfifo(raw / "notes.txt")
    assert len(ingest(raw).cases) == 4


def test_beyond_the_limit_the_run_stops_and_says_so(raw):
    for number in range(3):
        add(raw, f"evil_{number}", b"no image", MASK)
    with pytest.raises(UserError, match=r"6 of the 14 files .* cannot be used .*`curation.max_excluded_fraction` = 0.2"):
        ingest(raw, limit=0.2)


def test_a_cohort_of_which_nothing_can_be_used_is_a_sentence(tmp_path):
    (tmp_path / "manifest.csv").write_text("path,patient\ngone.png,a\n")
    with pytest.raises(UserError, match=r"No case is left: .*gone.png"):
        ingest(tmp_path, options=IngestionOptions(reader="manifest"))


def test_a_slice_number_of_any_length_becomes_a_row_and_the_table_can_be_written(raw, tmp_path):
    add(raw, "anna_20240131120000123456789", np.full((16, 16), 7, np.uint8) + MASK, MASK)
    curated = ingest(raw)
    assert findings(curated) == {
        "images/anna_20240131120000123456789.png": "stray",
        "masks/anna_20240131120000123456789_mask.png": "stray",
    }
    assert len(curated.cases) == 4
    curated.cases.to_parquet(tmp_path / "cases.parquet")


def test_a_picture_with_a_side_that_no_png_has_becomes_a_row(raw):
    strip = np.zeros((1, 1_200_000), np.uint8)
    strip[0, ::7] = 200
    stream = io.BytesIO()
    Image.fromarray(strip).save(stream, "TIFF")
    add(raw, "evil_1", stream.getvalue(), MASK)
    curated = ingest(raw)
    assert findings(curated)["images/evil_1.png"] == "too_large"
    assert len(curated.cases) == 4


def test_mat_files_of_no_class_or_no_patient_become_rows_and_the_rest_goes_on(write_mat, tmp_path):
    for number in (1, 2, 3):
        write_mat(f"{number}.mat", pid=f"10036{number}", image=np.arange(120, dtype=np.int16).reshape(12, 10) % (7 * number))
    write_mat("4.mat", label=7)
    write_mat("5.mat", PID=np.array([[100360.0]]))
    curated = ingest(tmp_path, options=IngestionOptions(reader="figshare"))
    assert findings(curated) == {"4.mat": "label_out_of_range", "5.mat": "bad_patient_id"}
    assert curated.ledger.set_index("file")["evidence"].loc["4.mat"] == "`label` is 7, allowed are 1 to 3"
    assert curated.cases["case_id"].tolist() == ["1", "2", "3"]


def test_many_threads_read_mat_files_at_once(tmp_path):
    """HDF5 is not made for threads: unless every call is locked, sound files look damaged now and then."""
    import h5py

    pixels = np.random.default_rng(0).integers(0, 3000, (128, 128), np.int16)
    with h5py.File(tmp_path / "1.mat", "w", userblock_size=512) as file:
        struct_ = file.create_group("cjdata")
        for name, values in (("image", pixels), ("tumorMask", (pixels > 2900).astype(np.uint8))):
            struct_.create_dataset(name, data=values, chunks=(16, 16), compression="gzip")
        struct_.create_dataset("tumorBorder", data=np.array([[1.0, 1, 1, 9, 9, 9]]))
        struct_.create_dataset("PID", data=np.array([[ord("7")]], np.uint16))
        struct_.create_dataset("label", data=np.array([[1.0]]))
    (case,) = read_cohort(tmp_path, IngestionOptions(reader="figshare"), PhantomOptions()).cases
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(lambda _: case.load_image(), range(100)))
    assert all(np.array_equal(image, images[0]) for image in images)


def test_a_volume_of_labels_is_no_mask_whatever_file_it_comes_in(raw, tmp_path):
    volumes = tmp_path / "volumes"
    volumes.mkdir()
    labels = np.resize(np.arange(4, dtype=np.uint8), (8, 8, 2))
    for name, drawn in (("a", labels), ("b", labels // 3)):
        nibabel.save(
            nibabel.Nifti1Image(np.random.default_rng(0).integers(0, 256, (8, 8, 2), np.uint8), np.eye(4)), volumes / f"{name}.nii"
        )
        nibabel.save(nibabel.Nifti1Image(drawn, np.eye(4)), volumes / f"{name}_seg.nii")
    curated = ingest(volumes, options=IngestionOptions(reader="nifti"))
    assert findings(curated) == {"a.nii": "mask_not_binary", "a_seg.nii": "mask_not_binary"}
    assert "say in `ingestion.lesion_values` which" in curated.ledger["evidence"].iloc[0]
    add(raw, "labels_1", np.random.default_rng(9).integers(0, 256, (16, 16), np.uint8), np.resize(np.arange(4, dtype=np.uint8), (16, 16)))
    assert set(findings(ingest(raw)).values()) == {"mask_not_binary"}


def test_a_second_mask_of_another_size_is_a_mismatch(tmp_path):
    for name, pixels in (
        ("(1)", MASK),
        ("(1)_mask", MASK),
        ("(1)_mask_1", MASK[:8]),
        ("(2)", MASK + np.eye(16, dtype=np.uint8)),
        ("(2)_mask", MASK),
    ):
        (tmp_path / "benign").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / f"benign/benign {name}.png")
    curated = ingest(tmp_path, options=IngestionOptions(reader="busi"))
    names = [f"benign/benign (1){mask}.png" for mask in ("", "_mask", "_mask_1")]
    assert findings(curated) == dict.fromkeys(names, "size_mismatch")
    assert "differ in size" in curated.ledger["evidence"].iloc[0]
