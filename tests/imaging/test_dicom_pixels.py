import os
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

from tumourflow.imaging import dicom_pixels
from tumourflow.imaging.damage import DamageError
from tumourflow.imaging.dicom_pixels import read_frame

FRAMES = np.arange(3 * 2 * 4, dtype=np.uint16).reshape(3, 2, 4) * 1000
IMPLICIT, BIG = {"implicit_vr": True, "little_endian": True}, {"implicit_vr": False, "little_endian": False}


def write(path: Path, frames: np.ndarray, description: str = "", syntax: str = ExplicitVRLittleEndian, **encoding: bool) -> Path:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID, dataset.file_meta.MediaStorageSOPInstanceUID = syntax, generate_uid()
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4.1"
    dataset.SeriesDescription = description
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelData = frames.astype(">u2" if syntax == ExplicitVRBigEndian else "<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.save_as(path, enforce_file_format=True, **encoding)
    return path


@pytest.mark.parametrize(
    ("syntax", "encoding"), [(ExplicitVRLittleEndian, {}), (ImplicitVRLittleEndian, IMPLICIT), (ExplicitVRBigEndian, BIG)]
)
def test_each_frame_is_found_however_the_file_is_encoded(tmp_path: Path, syntax: str, encoding: dict) -> None:
    path = write(tmp_path / "a.dcm", FRAMES, "of three frames", syntax, **encoding)
    assert [read_frame(path, number)[0].tolist() for number in range(3)] == FRAMES.tolist()


def test_what_lies_before_the_pixels_is_read_once_and_not_for_every_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = write(tmp_path / "a.dcm", FRAMES), []
    read_dataset = dicom_pixels.read_dataset
    monkeypatch.setattr(dicom_pixels, "read_dataset", lambda *arguments: read.append(1) or read_dataset(*arguments))
    assert [read_frame(path, number)[0].tolist() for number in range(3)] == FRAMES.tolist()
    assert len(read) == 1


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", FRAMES, "short")
    assert read_frame(path, 1)[0].tolist() == FRAMES[1].tolist()
    write(tmp_path / "b.dcm", FRAMES[:, ::-1], "so long that the pixels lie farther behind")
    os.replace(tmp_path / "b.dcm", path)
    assert read_frame(path, 1)[0].tolist() == FRAMES[1, ::-1].tolist()


def test_a_file_without_pixels_is_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", FRAMES)
    path.write_bytes(path.read_bytes()[: -FRAMES.nbytes - 12])
    with pytest.raises(DamageError):
        read_frame(path, 0)
