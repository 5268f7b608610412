import errno
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError, Version

from tumourflow.datasets import AtomicDataset
from tumourflow.datasets.atomic import AtomicVersionedDataset
from tumourflow.errors import UserError


class BrokenDataset(AtomicVersionedDataset):
    """Fails after half of the file is written."""

    def __init__(self, filepath, error, version=None):
        super().__init__(filepath=filepath, version=version)
        self.error = error

    def _write(self, path, data):
        path.write_text("half")
        raise self.error

    def _read(self, path):
        return path.read_text()


@pytest.fixture
def table():
    return pd.DataFrame({"case_id": ["p/1", "p/2"], "tp": [3, 0]})


def test_version_lies_where_kedro_puts_it(tmp_path, table):
    dataset = AtomicDataset(filepath=str(tmp_path / "cases.parquet"), dataset="pandas.ParquetDataset", version=Version("v1", "v1"))
    dataset.save(table)
    assert (tmp_path / "cases.parquet/v1/cases.parquet").is_file()
    assert [path.name for path in (tmp_path / "cases.parquet").iterdir()] == ["v1"]
    pd.testing.assert_frame_equal(dataset.load(), table)


def test_existing_version_is_never_touched(tmp_path, table):
    dataset = AtomicDataset(filepath=str(tmp_path / "a.csv"), dataset="pandas.CSVDataset", version=Version("v1", "v1"))
    dataset.save(table)
    before = (tmp_path / "a.csv/v1/a.csv").read_bytes()
    with pytest.raises(DatasetError, match="must not exist"):
        dataset.save(table.head(1))
    assert (tmp_path / "a.csv/v1/a.csv").read_bytes() == before


def test_unversioned_file_is_replaced(tmp_path, table):
    dataset = AtomicDataset(filepath=str(tmp_path / "a.csv"), dataset={"type": "pandas.CSVDataset", "save_args": {"index": False}})
    dataset.save(table)
    dataset.save(table.head(1))
    assert len(dataset.load()) == 1


@pytest.mark.parametrize("version", [None, Version(None, "v2")])
def test_failed_write_leaves_nothing(tmp_path, version):
    dataset = BrokenDataset(str(tmp_path / "x.txt"), RuntimeError("killed"), version)
    with pytest.raises(DatasetError, match="killed"):
        dataset.save("whole")
    assert [path for path in Path(tmp_path).rglob("*") if path.is_file()] == []
    assert not dataset.exists()


def test_partial_version_of_a_killed_run_is_not_loaded(tmp_path, table):
    path = tmp_path / "cases.parquet"
    older = AtomicDataset(filepath=str(path), dataset="pandas.ParquetDataset", version=Version(None, "v1"))
    older.save(table)
    (path / ".v2.partial").mkdir()
    (path / ".v2.partial/cases.parquet").write_bytes(b"half")
    newest = AtomicDataset(filepath=str(path), dataset="pandas.ParquetDataset", version=Version(None, None))
    assert newest.resolve_load_version() == "v1"
    pd.testing.assert_frame_equal(newest.load(), table)


@pytest.mark.parametrize(("number", "advice"), [(errno.ENOSPC, "free some"), (errno.EROFS, "choose another place")])
def test_disk_that_refuses_is_told_in_a_sentence(tmp_path, table, monkeypatch, number, advice):
    def refuse(*_, **__):
        raise OSError(number, "refused")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", refuse)
    dataset = AtomicDataset(filepath=str(tmp_path / "cases.parquet"), dataset="pandas.ParquetDataset")
    with pytest.raises(DatasetError) as caught:
        dataset.save(table)
    told = caught.value.__cause__
    assert isinstance(told, UserError)
    assert advice in str(told)
    assert "cases.parquet" in str(told)


def test_preview_keeps_the_kind_that_kedro_viz_reads(tmp_path, table):
    import inspect

    dataset = AtomicDataset(filepath=str(tmp_path / "a.csv"), dataset="pandas.CSVDataset", version=Version(None, "v1"))
    dataset.save(table)
    assert inspect.signature(dataset.preview).return_annotation == "TablePreview"
    assert dataset.preview(nrows=1)["data"]


def test_a_class_is_loaded_only_when_it_is_needed(tmp_path):
    program = """
import sys
from tumourflow.datasets import AtomicDataset
figure = AtomicDataset(filepath=sys.argv[1], dataset="matplotlib.MatplotlibDataset")
assert "matplotlib" not in sys.modules
assert hasattr(figure, "preview")
assert "matplotlib" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "figure.png")], check=True)


def test_dataset_without_preview_has_none(tmp_path):
    dataset = AtomicDataset(filepath=str(tmp_path / "a.txt"), dataset="text.TextDataset")
    assert not hasattr(dataset, "preview")
