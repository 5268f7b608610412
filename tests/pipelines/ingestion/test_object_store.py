import pickle
import runpy
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from PIL import Image
from upath import UPath

from tumourflow.cohorts.folder import open_root
from tumourflow.cohorts.phantoms.write import write_phantoms
from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.integrity import inspect_case
from tumourflow.datasets import FactCacheDataset, ImageStoreDataset
from tumourflow.errors import UserError
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions
from tumourflow.pipelines.ingestion import create_pipeline

VICTIMS = Path(__file__).parents[2] / "cohorts/victims.py"
PHANTOMS = PhantomOptions(patients=3, slices=4, size=32)
TABLES = ("inspections", "cases", "curation_ledger", "curation_summary")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An object store in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)
    yield address
    process.kill()
    process.wait()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket; where and as whom it is reached is told by environment variables alone."""
    import s3fs

    for name, value in {
        "ENDPOINT_URL": server,
        "ACCESS_KEY_ID": "me",
        "SECRET_ACCESS_KEY": "secret",
        "DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"bucket-{time.monotonic_ns()}"
    s3fs.S3FileSystem().mkdir(name)
    return name


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Phantoms on the disk."""
    write_phantoms(tmp_path / "raw", PHANTOMS)
    return tmp_path / "raw"


class Kept(MemoryDataset):
    """Is still there when the run is over."""

    def _release(self) -> None: ...


def upload(raw: Path, url: str) -> UPath:
    root = UPath(url)
    for file in sorted(raw.rglob("*")):
        if file.is_file():
            (root / file.relative_to(raw).as_posix()).write_bytes(file.read_bytes())
    return root


def ingest(raw_root: str, home: Path) -> DataCatalog:
    catalog = DataCatalog(
        {
            "params:raw_root": MemoryDataset(raw_root),
            "params:ingestion": MemoryDataset(IngestionOptions(reader="kaggle_3m")),
            "params:phantoms": MemoryDataset(PHANTOMS),
            "params:curation": MemoryDataset(CurationOptions()),
            "params:scheduler": MemoryDataset("threads"),
            "inspection_cache": FactCacheDataset(filepath=str(home / "cache.sqlite")),
            "images": ImageStoreDataset(filepath=str(home / "store")),
        }
    )
    for name in create_pipeline().datasets() - set(catalog.keys()):
        catalog[name] = Kept(copy_mode="assign")
    SequentialRunner().run(create_pipeline(), catalog)
    return catalog


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*.png")}


def test_a_cohort_in_an_object_store_gives_what_the_same_cohort_on_a_disk_gives(raw, bucket, tmp_path):
    upload(raw, f"s3://{bucket}/some/cohort")
    local = ingest(str(raw), tmp_path / "local")
    remote = ingest(f"s3://{bucket}/some/cohort", tmp_path / "remote")
    for name in TABLES:
        assert str(remote[name].load()) == str(local[name].load())
    assert contents(tmp_path / "remote/store") == contents(tmp_path / "local/store")


def test_only_an_object_that_changed_is_fetched_again(raw, bucket, tmp_path, monkeypatch):
    root = upload(raw, f"s3://{bucket}/cohort")
    before = ingest(str(root), tmp_path / "home")["cases"].load()
    fetched = []
    fetch = type(root).read_bytes
    monkeypatch.setattr(type(root), "read_bytes", lambda path: fetched.append(path.name) or fetch(path))
    ingest(str(root), tmp_path / "home")
    broken = {name for name in fetched if not name.endswith(("_mask.tif", ".md", ".csv"))}
    assert len(broken) <= 1, "of the sound images none is fetched; the one that cannot be decoded is tried again"
    first = before.iloc[0]
    file = next(path for path in raw.rglob(f"{first.patient}_{first.slice}.tif"))
    image = Image.open(file).point(lambda value: 255 - value)
    image.save(file, format="TIFF")
    (root / file.relative_to(raw).as_posix()).write_bytes(file.read_bytes())
    fetched.clear()
    after = ingest(str(root), tmp_path / "home")["cases"].load()
    assert {name for name in fetched if not name.endswith("_mask.tif")} - broken == {file.name}
    assert (before["image"] != after["image"]).sum() == 1


@pytest.mark.parametrize("name", ["busi", "classes", "dicom", "manifest", "mat", "nifti"])
def test_every_reader_sees_in_a_store_what_it_sees_on_a_disk(name, bucket, tmp_path, monkeypatch):
    """Sound files and damaged ones."""
    monkeypatch.syspath_prepend(VICTIMS.parent)
    makers = runpy.run_path(str(VICTIMS))
    layout = makers["LAYOUTS"][name]()
    makers["write_batch"](tmp_path, layout, 1, range(0 if layout.alone else 3))
    if name == "manifest":
        (tmp_path / "manifest.csv").write_bytes(layout.tables[0])
    options = IngestionOptions(reader=layout.reader, grey=layout.grey)
    on_disk, in_store = (read_cohort(root, options, PHANTOMS) for root in (tmp_path, upload(tmp_path, f"s3://{bucket}/{name}")))
    assert on_disk.cases
    assert str([inspect_case(case) for case in in_store.cases]) == str([inspect_case(case) for case in on_disk.cases])
    for field in ("orphan_images", "orphan_masks", "metadata", "strays", "rejected"):
        assert getattr(in_store, field) == getattr(on_disk, field)


def test_other_processes_and_machines_can_be_handed_a_case(raw, bucket):
    index = read_cohort(upload(raw, f"s3://{bucket}/cohort"), IngestionOptions(reader="kaggle_3m"), PHANTOMS)
    load = pickle.loads(pickle.dumps(index.cases[0].load_image))
    np.testing.assert_array_equal(load(), index.cases[0].load_image())


@pytest.mark.parametrize(("place", "sentence"), [("/nothing/here", "does not exist"), ("-of-nobody/cohort", "does not exist")])
def test_a_place_that_is_not_there_is_a_sentence(bucket, tmp_path, place, sentence):
    with pytest.raises(UserError, match=sentence):
        ingest(f"s3://{bucket}{place}", tmp_path)


def test_a_store_that_cannot_be_reached_is_a_sentence(tmp_path, monkeypatch, bucket):
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(UserError, match=r"`raw_root` cannot be reached: s3://bucket/cohort .*environment variables"):
        ingest("s3://bucket/cohort", tmp_path)


def test_keys_that_have_to_be_quoted_are_accounted_for(raw, bucket, tmp_path):
    root = upload(raw, f"s3://{bucket}/cohort")
    for key in ("per%20cent.txt", "plus+ and space.txt"):
        root.fs.pipe_file(f"{bucket}/cohort/{key}", b"1")
    summary = ingest(str(root), tmp_path / "home")["curation_summary"].load()
    assert summary["found"] == len([path for path in raw.rglob("*") if path.is_file()]) + 2


def test_nothing_is_written_to_the_store(raw, bucket, tmp_path):
    root = upload(raw, f"s3://{bucket}/cohort")
    before = sorted(root.fs.find(f"{bucket}", detail=False))
    ingest(str(root), tmp_path / "home")
    root.fs.invalidate_cache()
    assert sorted(root.fs.find(f"{bucket}", detail=False)) == before


def test_phantoms_are_not_written_to_a_store(bucket):
    with pytest.raises(UserError, match="s3://"):
        read_cohort(open_root(f"s3://{bucket}/01_raw/phantoms"), IngestionOptions(reader="phantoms"), PHANTOMS)


def test_an_image_that_the_store_does_not_hand_out_is_not_left_out_as_damaged(raw, bucket, tmp_path, monkeypatch):
    root = upload(raw, f"s3://{bucket}/cohort")
    fetch = type(root).read_bytes

    def refuse(path: UPath) -> bytes:
        if path.name.endswith("_2.tif"):
            raise PermissionError("The provided token has expired.")
        return fetch(path)

    monkeypatch.setattr(type(root), "read_bytes", refuse)
    with pytest.raises(UserError, match=r"_2.tif cannot be fetched \(The provided token has expired.\)"):
        ingest(str(root), tmp_path / "home")


def test_a_store_that_goes_away_meanwhile_is_a_sentence(raw, bucket, monkeypatch):
    import s3fs

    index = read_cohort(upload(raw, f"s3://{bucket}/cohort"), IngestionOptions(reader="kaggle_3m"), PHANTOMS)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    case = pickle.loads(pickle.dumps(index.cases[0]))
    with pytest.raises(UserError, match=r"cannot be fetched \(Could not connect"):
        inspect_case(case)
