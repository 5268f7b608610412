import numpy as np
import pytest
from kedro.io import DatasetError, Version

from tumourflow.datasets import MaskFolderDataset
from tumourflow.imaging.png import encode_png
from tumourflow.types import Stream


def test_masks_lie_below_their_version(tmp_path):
    dataset = MaskFolderDataset(filepath=str(tmp_path / "masks"), version=Version(None, "v1"))
    mask = np.eye(3, dtype=bool)
    dataset.save(Stream(lambda: iter([("a/1.png", encode_png(mask)), ("a/volume.nii", b"nifti")])))
    assert np.array_equal(dataset.load().read("a/1.png"), mask)
    assert (tmp_path / "masks/v1/a/volume.nii").read_bytes() == b"nifti"


def test_a_run_that_breaks_off_leaves_no_version(tmp_path):
    def break_off():
        yield "1.png", b"x"
        msg = "broken off"
        raise OSError(msg)

    dataset = MaskFolderDataset(filepath=str(tmp_path / "masks"), version=Version(None, "v1"))
    with pytest.raises(DatasetError, match="broken off"):
        dataset.save(Stream(break_off))
    assert not list((tmp_path / "masks").iterdir())
