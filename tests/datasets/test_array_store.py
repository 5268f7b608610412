from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError, Version

from tumourflow.datasets import ArrayStoreDataset, disk
from tumourflow.errors import UserError
from tumourflow.types import ArrayChunk, Stream


def chunk(start, rows, width=2):
    index = pd.DataFrame({"case_id": [f"p/{n}" for n in range(start, start + rows)]})
    images = np.arange(rows * width, dtype=np.float16).reshape(rows, width) + start
    return ArrayChunk(index, {"images": images, "masks": np.full((rows, 2, 2), start, np.uint8)})


@pytest.fixture
def dataset(tmp_path):
    return ArrayStoreDataset(filepath=str(tmp_path / "model_input"), version=Version(None, "v1"))


def test_chunks_follow_one_another(dataset):
    dataset.save(Stream(lambda: iter([chunk(0, 2), chunk(2, 1)])))
    store = dataset.load()
    assert list(store.index["case_id"]) == ["p/0", "p/1", "p/2"]
    np.testing.assert_array_equal(store["images"], np.array([[0, 1], [2, 3], [2, 3]], np.float16))
    assert store["masks"].shape == (3, 2, 2)
    assert store["masks"].dtype == np.uint8


def test_no_version_is_left_where_the_rooms_that_follow_would_find_no_space(tmp_path, monkeypatch):
    """Two rows of 4 + 4 bytes, and the two small files."""
    short = ArrayStoreDataset(filepath=str(tmp_path / "model_input"), version=Version(None, "v1"), reserve=1)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=15))
    with pytest.raises(DatasetError, match=r"has 0.0 GB left, and the rooms that follow write about") as caught:
        short.save(Stream(lambda: iter([chunk(0, 2)])))
    assert isinstance(caught.value.__cause__, UserError)
    assert not (tmp_path / "model_input/v1").exists()


def test_arrays_are_mapped_and_read_only(dataset):
    dataset.save(Stream(lambda: iter([chunk(0, 2)])))
    images = dataset.load()["images"]
    assert isinstance(images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        images[0, 0] = 1


def test_version_is_the_folder_itself(dataset, tmp_path):
    dataset.save(Stream(lambda: iter([chunk(0, 1)])))
    assert (tmp_path / "model_input/v1/index.parquet").is_file()
    assert ArrayStoreDataset(filepath=str(tmp_path / "model_input"), version=Version(None, None)).exists()


def test_chunk_of_another_shape_is_refused_and_leaves_nothing(dataset, tmp_path):
    with pytest.raises(DatasetError, match="Every chunk of `images`"):
        dataset.save(Stream(lambda: iter([chunk(0, 2), chunk(2, 1, width=3)])))
    assert list((tmp_path / "model_input").iterdir()) == []


def test_stream_that_breaks_off_leaves_nothing(dataset, tmp_path):
    def breaks_off():
        yield chunk(0, 2)
        raise RuntimeError("power cut")

    with pytest.raises(DatasetError, match="power cut"):
        dataset.save(Stream(breaks_off))
    assert list((tmp_path / "model_input").iterdir()) == []


def test_empty_stream_is_refused(dataset):
    with pytest.raises(DatasetError, match="at least one chunk"):
        dataset.save(Stream(lambda: iter([])))
