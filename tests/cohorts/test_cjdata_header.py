import h5py
import numpy as np
import pytest

from tumourflow.cohorts.cjdata_header import read_header
from tumourflow.cohorts.hdf5 import UnreadableError
from tumourflow.imaging.read import MAX_SIDE

TEXT = np.array([[65]], np.uint16)


def finding(path) -> str:
    with pytest.raises(UnreadableError) as refused:
        read_header(path)
    assert 0 < len(str(refused.value)) < 300
    return refused.value.finding


def test_header_tells_patient_label_and_size(write_mat):
    header = read_header(write_mat("1.mat", pid="MR040240B ", label=2))
    assert (header.patient, header.label, header.height, header.width, header.has_outline) == ("MR040240B", "glioma", 12, 10, True)


@pytest.mark.parametrize("label", [0, 4, -1, 2.5, np.nan, np.inf, 1e300])
def test_label_out_of_range_is_named(write_mat, label):
    assert finding(write_mat("1.mat", label=label)) == "label_out_of_range"


@pytest.mark.parametrize("label", [None, np.array([[1.0, 2.0]]), np.array([[b"glioma"]]), np.zeros((0, 0)), h5py.SoftLink("/cjdata/PID")])
def test_label_that_is_no_number_is_named(write_mat, label):
    expected = "undecodable" if isinstance(label, h5py.SoftLink) else "label_out_of_range"
    assert finding(write_mat("1.mat", label=label)) == expected


@pytest.mark.parametrize(
    "pid",
    [
        None,
        np.array([[100360.0]]),
        np.zeros((0, 0), np.uint16),
        np.array([[ord("\n")], [65]], np.uint16),
        np.array([[32], [32]], np.uint16),
        np.array([[0xD800], [65]], np.uint16),
        np.full((65, 1), 65, np.uint16),
        np.full((2, 2), 65, np.uint16),
        np.array([["text"]], dtype=h5py.string_dtype()),
    ],
)
def test_patient_that_is_no_text_is_named(write_mat, pid):
    assert finding(write_mat("1.mat", PID=pid)) == "bad_patient_id"


def test_object_references_are_no_patient(write_mat):
    path = write_mat("1.mat", PID=None)
    with h5py.File(path, "r+") as file:
        file["cjdata"].create_dataset("PID", data=np.array([[file["cjdata/image"].ref]], dtype=h5py.ref_dtype))
    assert finding(path) == "bad_patient_id"


@pytest.mark.parametrize("image", [None, np.zeros((2, 2, 2), np.int16), np.zeros((0, 3), np.int16), np.zeros((2, 2), np.complex64)])
def test_image_that_is_no_picture_is_named(write_mat, image):
    assert finding(write_mat("1.mat", image=image)) == "undecodable"


def test_image_with_a_side_that_no_square_holds_is_named(write_mat):
    assert finding(write_mat("1.mat", image=np.zeros((1, MAX_SIDE + 1), np.int16))) == "too_large"


def test_struct_is_required(tmp_path):
    with h5py.File(tmp_path / "1.mat", "w") as file:
        file["cjdata"] = np.zeros(3)
    assert finding(tmp_path / "1.mat") == "undecodable"


def test_a_missing_file_stays_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_header(tmp_path / "1.mat")
