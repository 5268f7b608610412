import errno

import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner

from tumourflow.datasets import ImageStoreDataset, TableStoreDataset


def table(*values: int) -> pd.DataFrame:
    return pd.DataFrame({"value": values})


def test_tables_of_several_runs_stand_side_by_side(tmp_path):
    TableStoreDataset(filepath=str(tmp_path / "scores")).save([("a/3-0", table(1))])
    TableStoreDataset(filepath=str(tmp_path / "scores")).save([("a/3-1", table(2)), ("b/3-0", table(3))])
    store = TableStoreDataset(filepath=str(tmp_path / "scores")).load()
    assert store.keys() == ["a/3-0", "a/3-1", "b/3-0"]
    assert store.read("a/3-1")["value"].tolist() == [2]


def test_the_later_table_of_a_key_counts(tmp_path):
    dataset = TableStoreDataset(filepath=str(tmp_path))
    dataset.save([("a", table(1))])
    dataset.save([("a", table(4))])
    assert dataset.load().read("a")["value"].tolist() == [4]


def test_a_store_that_is_not_there_yet_is_empty(tmp_path):
    dataset = TableStoreDataset(filepath=str(tmp_path / "scores"))
    dataset.save([])
    assert dataset.load().keys() == []


def test_a_table_that_is_cut_short_is_not_there(tmp_path, monkeypatch):
    dataset = TableStoreDataset(filepath=str(tmp_path))
    dataset.save([("a", table(1))])

    def fill_the_disk(self: pd.DataFrame, path, **_) -> None:
        path.write_bytes(b"PAR1")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fill_the_disk)
    with pytest.raises(DatasetError, match="No space is left"):
        dataset.save([("a", table(2)), ("b", table(3))])
    assert dataset.load().keys() == ["a"]
    assert dataset.load().read("a")["value"].tolist() == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_a_run_of_missing_outputs_alone_adds_to_a_store(tmp_path):
    """That the store is there does not tell that the table of this run is."""
    for key in ("a/2-0", "a/2-1"):
        catalog = DataCatalog({"scores": TableStoreDataset(filepath=str(tmp_path / "scores"))})
        keep = Pipeline([Node(lambda key=key: [(key, table(1))], None, "scores", name="keep")])
        SequentialRunner().run(keep, catalog, only_missing_outputs=True)
    assert catalog["scores"].load().keys() == ["a/2-0", "a/2-1"]


def test_a_store_of_images_may_lack_some_too(tmp_path):
    (tmp_path / "images").mkdir()
    assert not ImageStoreDataset(filepath=str(tmp_path / "images")).exists()
