import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from tumourflow.datasets import Removal, StoredVersionsDataset
from tumourflow.datasets import stored_versions as module

V1, V2 = "2026-01-01T00.00.00.000Z", "2026-01-02T00.00.00.000Z"
MASKS = "07_model_output/lgg/masks"


def write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two versions of masks, one of a table, what is no version, another cohort and raw data that look like versions."""
    data = tmp_path / "data"
    for version in (V1, V2):
        write(data / MASKS / version / "p/1.png", "12345")
        write(data / MASKS / version / "p/2.png", "12345")
    write(data / "08_reporting/lgg/table.csv" / V1 / "table.csv")
    write(data / "06_models/lgg/fold_networks/5f2c/0.keras")
    write(data / "06_models/lgg/checkpoint.npz")
    write(data / "07_model_output/busi/masks" / V1 / "1.png")
    write(data / "01_raw/lgg/scans" / V1 / "1.png")
    return data


@pytest.fixture
def stored(data: Path) -> StoredVersionsDataset:
    return StoredVersionsDataset(filepath=f"{data}/*/lgg")


def tree(data: Path) -> set[str]:
    return {path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()}


def names(stored: StoredVersionsDataset) -> list[tuple[str, str]]:
    return list(stored.load().list_versions()[["dataset", "version"]].itertuples(index=False, name=None))


def test_versions_of_the_cohort_are_listed_with_their_sizes(stored) -> None:
    listed = stored.load().list_versions()
    assert names(stored) == [(MASKS, V1), (MASKS, V2), ("08_reporting/lgg/table.csv", V1)]
    assert listed.loc[0, ["files", "bytes"]].tolist() == [2, 10]
    assert listed.loc[1, "begun"] == datetime(2026, 1, 2, tzinfo=UTC)
    assert not listed["leftover"].any()


def test_what_killed_runs_left_is_listed_as_such(stored, data) -> None:
    write(data / MASKS / f".{V1}.partial" / "1.png")
    write(data / MASKS / f".{V2}.pruned" / "1.png")
    listed = stored.load().list_versions()
    assert listed.loc[listed["leftover"], "version"].tolist() == [f".{V1}.partial", f".{V2}.pruned"]


def test_what_is_saved_is_removed_and_nothing_else(stored, data) -> None:
    before = tree(data)
    stored.save(Removal(versions=((MASKS, V1),)))
    assert before - tree(data) == {f"{MASKS}/{V1}/p/1.png", f"{MASKS}/{V1}/p/2.png"}
    assert not (data / MASKS / V1).exists()


def test_a_leftover_goes_without_the_version_of_its_name(stored, data) -> None:
    write(data / MASKS / f".{V1}.partial" / "1.png")
    before = tree(data)
    stored.save(Removal(versions=((MASKS, f".{V1}.partial"),)))
    assert before - tree(data) == {f"{MASKS}/.{V1}.partial/1.png"}


@pytest.mark.parametrize(
    "asked",
    [
        ("07_model_output/busi/masks", V1),
        ("01_raw/lgg/scans", V1),
        ("../outside", V1),
        ("06_models/lgg/fold_networks", "5f2c"),
        (MASKS, ".."),
    ],
)
def test_nothing_is_removed_elsewhere_whoever_asks(stored, data, asked) -> None:
    write(data.parent / "outside" / V1 / "1.png")
    before = tree(data.parent)
    stored.save(Removal(versions=(asked,), images=(data / "01_raw/lgg/scans" / V1 / "1.png",)))
    assert tree(data.parent) == before


@pytest.mark.parametrize("link", [f"{MASKS}/2026-01-03T00.00.00.000Z", "07_model_output/lgg/linked", "05_model_input/lgg", "04_feature"])
def test_links_are_neither_followed_nor_removed(stored, data, link) -> None:
    outside = data.parent / "outside"
    for inner in ("", "lgg/masks/", "masks/", f"{V1}/"):
        write(outside / inner / V1 / "1.png")
    (data / link).parent.mkdir(parents=True, exist_ok=True)
    (data / link).symlink_to(outside)
    assert names(stored) == [(MASKS, V1), (MASKS, V2), ("08_reporting/lgg/table.csv", V1)]
    before = tree(outside)
    stored.save(Removal(versions=tuple(names(stored))))
    assert tree(outside) == before
    assert (data / link).is_symlink()


def test_a_link_inside_a_version_goes_and_what_it_points_at_stays(stored, data) -> None:
    kept = write(data.parent / "outside/kept.png")
    (data / MASKS / V1 / "link").symlink_to(kept.parent)
    assert stored.load().list_versions().loc[0, "bytes"] == 10, "what a link leads to is not of the version"
    stored.save(Removal(versions=((MASKS, V1),)))
    assert kept.exists()


def test_a_version_that_is_half_removed_is_none_any_more(stored, data, monkeypatch) -> None:
    def break_off(path: Path) -> None:
        os.unlink(path / "p/1.png")
        msg = "killed"
        raise RuntimeError(msg)

    monkeypatch.setattr(module.shutil, "rmtree", break_off)
    with pytest.raises(Exception, match="killed"):
        stored.save(Removal(versions=((MASKS, V1),)))
    monkeypatch.undo()
    assert not (data / MASKS / V1).exists()
    assert (MASKS, f".{V1}.pruned") in names(stored)
    stored.save(Removal(versions=((MASKS, f".{V1}.pruned"),)))
    assert [path.name for path in (data / MASKS).iterdir()] == [V2]


def test_manifests_and_reports_are_read_by_their_version(stored, data) -> None:
    write(data / f"08_reporting/lgg/run_manifest.json/{V1}/run_manifest.json", json.dumps({"finished": "now"}))
    write(data / f"08_reporting/lgg/comparison.json/{V1}/comparison.json", json.dumps({"refers_to": {}}))
    assert stored.load().read_manifests() == {V1: {"finished": "now"}}
    reports = [("08_reporting/lgg/comparison.json", V1), ("08_reporting/lgg/table.csv", V1), ("06_models/lgg/segmenter.json", V1)]
    assert list(stored.load().read_reports(reports)) == [{"refers_to": {}}]


def test_images_that_no_table_points_at_are_listed_when_they_are_old(stored, data) -> None:
    path = data / f"03_primary/lgg/cases.parquet/{V1}/cases.parquet"
    path.parent.mkdir(parents=True)
    pd.DataFrame({"image": ["aa1"], "mask": ["ab1"], "site": [""]}).to_parquet(path)
    store = data / "02_intermediate/lgg/images"
    for name in ("aa/aa1.png", "ab/ab1.png", "cc/.cc2.7-7.partial.png", "cc/cc1.png", "dd/dd1.png"):
        os.utime(write(store / name, "1234"), (1, 1))
    os.utime(store / "dd/dd1.png", None)
    (store / "cc/cc3.png").symlink_to(store / "aa/aa1.png")
    keys = stored.load().read_image_keys([V1, V2])
    assert keys == {"aa1", "ab1"}
    found = stored.load().list_images(keys, datetime(2026, 1, 1, tzinfo=UTC))
    assert found == [(store / "cc/.cc2.7-7.partial.png", 4), (store / "cc/cc1.png", 4)]
    stored.save(Removal(images=tuple(path for path, _ in found)))
    assert sorted(path.name for path in store.glob("*/*")) == ["aa1.png", "ab1.png", "cc3.png", "dd1.png"]


def test_a_cohort_that_has_left_nothing_has_no_versions(tmp_path) -> None:
    nothing = StoredVersionsDataset(filepath=f"{tmp_path}/data/*/lgg").load()
    assert nothing.list_versions().empty
    assert nothing.read_manifests() == {}
    assert nothing.list_images(set(), datetime.now(UTC)) == []
