import gzip
import tracemalloc
from itertools import permutations, product

import nibabel
import numpy as np
import pytest

from tumourflow.imaging.damage import DamageError
from tumourflow.imaging.nifti_place import read_volume_header
from tumourflow.imaging.nifti_slices import SlicedVolume

VALUES = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
CODES = [codes for order in permutations(("LR", "PA", "IS")) for codes in product(*order)]


@pytest.fixture(params=["1.nii", "1.nii.gz"])
def save(request, tmp_path):
    def write(image):
        nibabel.save(image, tmp_path / request.param)
        return tmp_path / request.param

    return write


@pytest.mark.parametrize("codes", CODES, ids="".join)
def test_slices_are_the_same_however_the_volume_is_stored(save, codes):
    image = nibabel.Nifti1Image(VALUES, np.diag([1.0, 2, 3, 1]))
    turn = nibabel.orientations.ornt_transform(nibabel.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(codes))
    volume = SlicedVolume(save(image.as_reoriented(turn)), plane=2)
    assert volume.shape == (3, 2, 4, 1)
    for position in range(4):
        np.testing.assert_array_equal(volume.read(position)[..., 0], VALUES[::-1, ::-1, position].T)


def test_channels_come_last(save):
    values = np.stack([VALUES, -VALUES, VALUES * 2], axis=-1)[:, :, :, None]
    volume = SlicedVolume(save(nibabel.Nifti1Image(values, np.eye(4))), plane=2)
    np.testing.assert_array_equal(volume.read(1), np.swapaxes(values[::-1, ::-1, 1, 0], 0, 1))


def test_a_volume_is_never_in_memory_as_a_whole(save):
    path = save(nibabel.Nifti1Image(np.zeros((128, 128, 400), np.uint16), np.eye(4)))
    plane = read_volume_header(path).plane
    tracemalloc.start()
    volume = SlicedVolume(path, plane)
    shapes = {volume.read(position).shape for position in range(400)}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert shapes == {(128, 128, 1)}
    assert peak < 3 * 2**20 < 128 * 128 * 400 * 2 / 4


def test_a_compressed_volume_that_ends_early_is_damaged(tmp_path):
    nibabel.save(nibabel.Nifti1Image(VALUES, np.eye(4)), tmp_path / "1.nii")
    (tmp_path / "1.nii.gz").write_bytes(gzip.compress((tmp_path / "1.nii").read_bytes()[:-7]))
    with pytest.raises(DamageError, match="7 bytes are missing"):
        SlicedVolume(tmp_path / "1.nii.gz", plane=2)
