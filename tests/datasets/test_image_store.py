import errno
from pathlib import Path

import numpy as np
import pytest
from kedro.io import DatasetError, Version

from tumourflow.datasets import ImageFolderDataset, ImageStoreDataset
from tumourflow.errors import UserError
from tumourflow.imaging.png import encode_png
from tumourflow.types import Stream


class Source:
    """Images by key, which notes what it was asked for."""

    def __init__(self, **images: np.ndarray) -> None:
        self.images, self.asked = images, []

    @property
    def keys(self):
        return list(self.images)

    def encode(self, keys):
        for key in keys:
            self.asked.append(key)
            yield key, encode_png(self.images[key])


def test_store_keeps_images_under_their_key(tmp_path):
    dataset = ImageStoreDataset(filepath=str(tmp_path / "images"))
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    dataset.save(Source(abc=red, **{"def": np.eye(2, dtype=bool)}))
    store = dataset.load()
    assert store.path("abc") == tmp_path / "images/ab/abc.png"
    np.testing.assert_array_equal(store.read("abc"), red)
    np.testing.assert_array_equal(store.read_mask("def"), np.eye(2, dtype=bool))


def test_an_image_that_was_removed_is_told_with_what_to_do(tmp_path):
    store = ImageStoreDataset(filepath=str(tmp_path / "images")).load()
    with pytest.raises(UserError, match=r"images/ab/abc\.png, which the table of cases names, is not there any more: put it back, or"):
        store.read_mask("abc")


def test_what_is_stored_is_neither_made_nor_written_again(tmp_path):
    dataset = ImageStoreDataset(filepath=str(tmp_path / "images"))
    dataset.save(Source(abc=np.zeros((2, 2), np.uint8)))
    written = dataset.load().path("abc").stat().st_mtime_ns
    source = Source(abc=np.zeros((2, 2), np.uint8), abd=np.ones((2, 2), np.uint8))
    dataset.save(source)
    assert source.asked == ["abd"]
    assert dataset.load().path("abc").stat().st_mtime_ns == written


def test_a_file_whose_content_was_lost_is_made_again(tmp_path):
    dataset = ImageStoreDataset(filepath=str(tmp_path / "images"))
    dataset.save(Source(abc=np.ones((2, 2), np.uint8)))
    dataset.load().path("abc").write_bytes(b"")
    dataset.save(Source(abc=np.ones((2, 2), np.uint8)))
    assert dataset.load().read("abc").all()


def test_stream_that_breaks_off_leaves_only_whole_images(tmp_path):
    dataset = ImageStoreDataset(filepath=str(tmp_path / "images"))
    with pytest.raises(DatasetError, match="PNG stores"):
        dataset.save(Source(abc=np.zeros((2, 2), np.uint8), abd=np.zeros((2, 2))))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["abc.png"]


def test_folder_holds_one_png_a_case(tmp_path):
    dataset = ImageFolderDataset(filepath=str(tmp_path / "predicted_masks"), version=Version(None, "v1"))
    mask = np.array([[True, False]])
    dataset.save(Stream(lambda: iter([("patient/12", mask)])))
    assert (tmp_path / "predicted_masks/v1/patient/12.png").is_file()
    np.testing.assert_array_equal(dataset.load().read("patient/12"), mask)


def test_empty_folder_is_a_version_too(tmp_path):
    dataset = ImageFolderDataset(filepath=str(tmp_path / "copies"), version=Version(None, "v1"))
    dataset.save(Stream(lambda: iter([])))
    assert dataset.exists()


def test_full_disk_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DatasetError) as caught:
        ImageStoreDataset(filepath=str(tmp_path / "images")).save(Source(abc=np.zeros((2, 2), np.uint8)))
    assert isinstance(caught.value.__cause__, UserError)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
