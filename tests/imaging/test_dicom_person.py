import pydicom
import pytest
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

from tumourflow.imaging.dicom import read_header
from tumourflow.imaging.dicom_beginning import read_person
from tumourflow.imaging.dicom_person import Person


@pytest.fixture
def write(tmp_path):
    def write_file(**elements):
        dataset = pydicom.Dataset()
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = CTImageStorage
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
        dataset.Rows = dataset.Columns = 2
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelData = 8, 8, 7, bytes(4)
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
        return tmp_path / "a.dcm"

    return write_file


def test_a_person_is_told_by_names_in_all_scripts_dates_of_birth_and_ids(write):
    path = write(
        SpecificCharacterSet="ISO_IR 192",
        PatientName="Yamada^Hanako=山田^花子",
        OtherPatientNames=["Suzuki^Hanako", "Sato"],
        PatientBirthDate="19311109",
        PatientID=" 17 ",
        OtherPatientIDs=["A1", "B2"],
    )
    person = Person(("Yamada^Hanako", "山田^花子", "Suzuki^Hanako", "Sato"), ("19311109",), ("17", "A1", "B2"))
    assert read_person(path) == person
    assert read_header(path).person == person
    assert "Yamada" not in repr(read_header(path))


def test_what_a_header_does_not_tell_or_tells_wrongly_is_left_out(write, tmp_path):
    assert read_person(write(PatientID="", PatientName="", PatientBirthDate="1931")) == Person()
    assert read_person(write(PatientBirthDate="1931.11.09")) == Person(births=("19311109",))
    (tmp_path / "b.dcm").write_bytes(b"no DICOM file")
    assert read_person(tmp_path / "b.dcm") == read_person(tmp_path / "c.dcm") == Person()


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("preamble", [True, False])
def test_a_person_is_told_however_elements_are_written(write, syntax, preamble):
    path = write(PatientName="Anna", PatientID="17")
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(
        path, dataset, enforce_file_format=True, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=syntax != ExplicitVRBigEndian
    )
    if not preamble:
        path.write_bytes(path.read_bytes()[132:])
    assert read_person(path) == Person(names=("Anna",), ids=("17",))


def test_a_name_that_swallows_half_of_the_file_is_none(write):
    path = write(PatientName="A" * 400, PatientID="17")
    assert read_person(path) == Person(ids=("17",))


def test_utf_8_that_is_not_declared_is_understood(write):
    assert read_person(write(PatientName="Müller".encode().decode("latin-1"))).names == ("Müller",)


@pytest.mark.parametrize("damage", ["cut behind the name", "no end behind the name", "no preamble", "deflated"])
def test_a_person_is_told_by_files_that_cannot_be_used(write, damage):
    path = write(PatientName="Anna", PatientID="17")
    raw = path.read_bytes()
    if damage == "deflated":
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        dataset.save_as(path, enforce_file_format=True)
    else:
        # A sequence that has no end, or what old programs write.
        endless = b"SQ\0\0\xff\xff\xff\xff\xfe\xff"
        cut = raw[: raw.index(b"\x28\x00\x02\x00")]
        damaged = {"cut behind the name": b"\x28\x00\x02\x00", "no end behind the name": b"\x10\x00\x02\x11"}
        path.write_bytes(cut + damaged[damage] + endless if damage in damaged else raw[132:])
    assert read_person(path) == Person(names=("Anna",), ids=("17",))


def test_a_damaged_name_is_no_reason_to_refuse_a_picture(write):
    path = write(PatientName="Anna", PatientID="17")
    raw = path.read_bytes()
    at = raw.index(b"\x10\x00\x10\x00PN")
    path.write_bytes(raw[:at] + raw[at:].replace(b"\x10\x00\x10\x00PN", b"\x10\x00\x10\x00FD", 1))
    assert read_person(path) == Person(ids=("17",))
    assert read_header(path).patient == "17"
