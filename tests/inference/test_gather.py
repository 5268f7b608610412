import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK
from PIL import Image
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.errors import UserError
from tumourflow.imaging.dicom_person import Person
from tumourflow.inference.gather import gather_volumes
from tumourflow.inference.place import open_input
from tumourflow.inference.reading import read_volumes

PERSON = "Zwickelmann"


def write_dicom(path, position, patient=PERSON, series="1.2.3", bits=8, **elements):
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
    if patient:
        dataset.PatientID = patient
    dataset.SeriesInstanceUID, dataset.InstanceNumber = series, 1
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, position], [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing, dataset.Rows, dataset.Columns = [0.5, 0.25], 4, 6
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8 if bits == 8 else 16, bits, bits - 1
    dataset.PixelData = np.full((4, 6), position, np.uint8 if bits == 8 else np.uint16).tobytes()
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def gather(folder):
    return gather_volumes(open_input(str(folder)))


def test_a_folder_is_a_patient_and_a_file_at_the_top_is_one(write_images):
    found = gather(write_images("anna/x_10.png", "anna/x_2.png", "bert.tif", "anna/x_2_mask.png", "notes.txt"))
    assert [(volume.patient, [each.source for each in volume.slices]) for volume in found.volumes] == [
        ("anna", ["anna/x_2.png", "anna/x_10.png"]),
        ("bert", ["bert.tif"]),
    ]
    assert [(each.source, each.status) for each in found.passed_over] == [("anna/x_2_mask.png", "refused"), ("notes.txt", "unreadable")]
    assert found.volumes[1].slices[0].load(DEFAULT_WINDOW).shape == (16, 16, 3)


def test_dicom_slices_are_ordered_by_position_and_patients_go_by_pseudonyms(tmp_path):
    for name, position in (("a.dcm", 9), ("b", 3), ("c.dcm", 6)):
        write_dicom(tmp_path / "ward" / name, position)
    (tmp_path / "ward/README").write_text("no DICOM file")
    found = gather(tmp_path)
    (volume,) = found.volumes
    assert [each.source for each in volume.slices] == ["ward/b", "ward/c.dcm", "ward/a.dcm"]
    assert [int(each.load(DEFAULT_WINDOW)[0, 0]) for each in volume.slices] == [3, 6, 9]
    assert volume.slices[0].spacing == (0.5, 0.25)
    assert volume.patient.startswith("p")
    assert PERSON not in repr(found)
    assert [(each.source, each.status) for each in found.passed_over] == [("ward/README", "unreadable")]


def test_names_of_files_that_tell_a_person_go_by_pseudonyms_and_are_read_where_they_are(tmp_path, write_images, caplog):
    folder = write_images("Anna Meier/9.png", "Meier_mask.png").rename(tmp_path / "Meier")
    for place in range(2):
        write_dicom(folder / "Meier^Anna" / f"19801231_{place}.dcm", place, PatientName="Meier^Anna", PatientBirthDate="19801231")
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5, 2), np.uint8), np.eye(4)), folder / "meier.nii.gz")
    found = gather(folder)
    hidden = {name: make_pseudonym(name) for name in ("Meier^Anna", "Anna Meier", "19801231_0", "19801231_1", "meier", "Meier_mask")}
    dicom, nifti, picture = (next(each for each in found.volumes if each.form == form) for form in ("dicom", "nifti", "picture"))
    assert [each.source for each in dicom.slices] == [f"{hidden['Meier^Anna']}/{hidden[f'19801231_{place}']}.dcm" for place in range(2)]
    assert [int(each.load(DEFAULT_WINDOW)[0, 0]) for each in dicom.slices] == [0, 1]
    assert (nifti.patient, nifti.slices[1].source) == (hidden["meier"], f"{hidden['meier']}.nii.gz#1")
    assert (picture.patient, picture.slices[0].source) == (hidden["Anna Meier"], f"{hidden['Anna Meier']}/9.png")
    assert [each.source for each in found.passed_over] == [f"{hidden['Meier_mask']}.png"]
    assert "The path that `input` names has a part that is called like a patient" in caplog.text


def test_reasons_quote_no_name_that_tells_a_person(tmp_path):
    folder = tmp_path / "in"
    write_dicom(folder / "1.dcm", 0, PatientName="Meier^Anna")
    write_dicom(folder / "Stolz.001", 0, PatientName="Stolz^Bert")
    pages = [Image.fromarray(np.full((4, 4), number, np.uint8)) for number in range(3)]
    pages[0].save(folder / "Meier pages.tif", save_all=True, append_images=pages[1:])
    (folder / "scan.meier").write_text("x")
    (folder / "meier\udcfc.png").write_bytes(b"x")
    found = gather(folder)
    told = {each.source: each.reason for each in found.passed_over}
    no_text = make_pseudonym("meier\\udcfc")
    assert set(told) == {make_pseudonym("Stolz.001"), make_pseudonym("scan.meier"), f"{no_text}.png"}
    picture = next(volume for volume in found.volumes if volume.form == "picture")
    reading = next(read_volumes([picture], "synchronous", DEFAULT_WINDOW))
    assert "3" in reading.unreadable[0]
    assert not any(name in f"{told} {reading.unreadable}".lower() for name in ("meier", "stolz"))


def test_masks_beside_images_are_not_opened(write_images, monkeypatch):
    opened = []
    monkeypatch.setattr("tumourflow.inference.gather.read_person", lambda file: opened.append(file.name) or Person())
    gather(write_images("anna/x_2.png", "anna/x_2_mask.png", "notes.txt", "anna.001"))
    assert sorted(opened) == ["anna.001", "notes.txt"]


def test_an_input_without_images_is_told_without_a_name(tmp_path):
    write_dicom(tmp_path / "x.meier", 0, PatientName="Meier^Anna")
    with pytest.raises(UserError, match="holds no image that can be read") as raised:
        gather(tmp_path)
    assert "meier" not in str(raised.value).lower().replace(str(tmp_path).lower(), "")


def test_series_are_volumes_of_their_own_and_a_missing_patient_is_the_folder(tmp_path):
    for series in ("1.2.3", "1.2.4"):
        write_dicom(tmp_path / f"{series}.dcm", 1, series=series)
    for number in range(2):
        write_dicom(tmp_path / "nobody" / f"{number}.dcm", number, patient="", series="1.9")
    found = gather(tmp_path)
    assert sorted(len(volume.slices) for volume in found.volumes) == [1, 1, 2]
    assert len({volume.patient for volume in found.volumes}) == 2


def test_what_has_a_name_that_is_no_text_is_passed_over_under_one_that_is(tmp_path, write_images):
    folder = write_images("fine.png", "b\udcff.png", "c\udcff.txt", "d\udcff_mask.png", "e.x\udcff")
    write_dicom(folder / "anna\udcff" / "1.dcm", 1, patient="")
    found = gather(folder)
    assert [volume.patient for volume in found.volumes] == ["fine"]
    assert [(each.source, each.status) for each in found.passed_over] == [
        ("anna\\udcff/1.dcm", "unreadable"),
        ("b\\udcff.png", "unreadable"),
        ("c\\udcff.txt", "unreadable"),
        ("d\\udcff_mask.png", "refused"),
        ("e.x\\udcff", "unreadable"),
    ]
    assert "".join(each.reason for each in found.passed_over).encode()
    assert found.passed_over[1].reason == "Its name, or that of its folder, is no text in UTF-8: rename it."


def test_another_series_of_the_patient_that_changes_how_one_is_shown_changes_its_stamp(tmp_path):
    write_dicom(tmp_path / "1.dcm", 1)
    before = gather(tmp_path).volumes[0].stamp
    write_dicom(tmp_path / "2.dcm", 1, series="1.2.4")
    alike = {volume.files[0].name: volume.stamp for volume in gather(tmp_path).volumes}
    write_dicom(tmp_path / "2.dcm", 1, series="1.2.4", bits=12)
    after = {volume.files[0].name: volume.stamp for volume in gather(tmp_path).volumes}
    assert before == alike["1.dcm"] != after["1.dcm"]


def test_a_half_written_dicom_is_unreadable_without_a_word_of_its_header(tmp_path):
    broken = write_dicom(tmp_path / "broken.dcm", 1)
    whole = broken.read_bytes()
    write_dicom(tmp_path / "whole.dcm", 2)
    broken.write_bytes(whole[:200])  # the header breaks off
    (told,) = gather(tmp_path).passed_over
    assert (told.source, told.status) == ("broken.dcm", "unreadable")
    assert PERSON not in told.reason
    broken.write_bytes(whole[:-20])  # the pixels do
    (reading,) = read_volumes(gather(tmp_path).volumes, "synchronous", DEFAULT_WINDOW)
    assert list(reading.images) == [1]
    assert PERSON not in reading.unreadable[0]


def test_nifti_slices_have_numbers_and_a_size(tmp_path):
    image = nibabel.Nifti1Image(np.arange(60, dtype=np.uint8).reshape(4, 5, 3), np.diag([0.5, 0.25, 2, 1]))
    nibabel.save(image, tmp_path / "anna.nii.gz")
    (tmp_path / "broken.nii").write_bytes(b"no NIfTI file")
    found = gather(tmp_path)
    (volume,) = found.volumes
    assert (volume.patient, [each.source for each in volume.slices]) == ("anna", [f"anna.nii.gz#{number}" for number in range(3)])
    assert volume.slices[0].spacing == (0.25, 0.5)
    assert [(each.source, each.status) for each in found.passed_over] == [("broken.nii", "unreadable")]


def test_volumes_in_a_folder_of_images_are_of_a_patient_each_and_label_maps_are_passed_over(tmp_path):
    for name in ("imagesTs/a_1.nii.gz", "imagesTs/a_2.nii.gz", "labelsTs/a_1.nii.gz", "anna/images/1.nii.gz", "bert/1.nii.gz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(np.ones((2, 2, 2), np.uint8), np.eye(4)), tmp_path / name)
    found = gather(tmp_path)
    assert [volume.patient for volume in found.volumes] == ["a_1", "a_2", "anna", "bert"]
    assert [(each.source, each.status) for each in found.passed_over] == [("labelsTs/a_1.nii.gz", "refused")]


@pytest.mark.parametrize(("unit", "length"), [("mm", 0.5), ("unknown", 0.5), ("meter", 500), ("micron", 0.0005)])
def test_the_size_of_a_nifti_pixel_is_in_millimetres_whatever_the_unit_of_the_file(tmp_path, unit, length):
    image = nibabel.Nifti1Image(np.zeros((4, 5, 3), np.uint8), np.diag([0.5, 0.5, 2, 1]))
    image.header.set_xyzt_units(unit)
    nibabel.save(image, tmp_path / "anna.nii")
    assert gather(tmp_path).volumes[0].slices[0].spacing == pytest.approx((length, length))
    assert SimpleITK.ReadImage(str(tmp_path / "anna.nii")).GetSpacing()[:2] == pytest.approx((length, length))


def test_stamps_change_with_files(write_images):
    folder = write_images("anna/1.png", "anna/2.png")
    before = gather(folder).volumes[0].stamp
    (folder / "anna/2.png").write_bytes((folder / "anna/1.png").read_bytes() + b" ")
    assert gather(folder).volumes[0].stamp != before


def test_a_folder_without_images_is_told(write_images):
    with pytest.raises(
        UserError, match=r"`input` holds no image that can be read: .* has 2 files \(\.md, \.txt\), .*: No image by its suffix"
    ):
        gather(write_images("a.txt", "b.md"))


def test_a_folder_of_very_many_pictures_is_not_held_all_at_once(write_images, monkeypatch):
    monkeypatch.setattr("tumourflow.inference.gather.MOST_TOGETHER", 2)
    found = gather(write_images(*(f"ward/{number}.png" for number in range(5)), size=2))
    assert [(volume.patient, len(volume.slices), volume.slices[0].number) for volume in found.volumes] == [
        ("ward", 2, 0),
        ("ward", 2, 2),
        ("ward", 1, 4),
    ]


def test_a_file_at_the_top_is_no_slice_of_a_folder_or_file_that_is_called_as_it_is(write_images):
    found = gather(write_images("anna/1.png", "anna/2.png", "anna.png", "bert.png", "bert.tif"))
    assert [(volume.patient, [each.source for each in volume.slices]) for volume in found.volumes] == [
        ("anna", ["anna/1.png", "anna/2.png"]),
        ("anna", ["anna.png"]),
        ("bert", ["bert.png"]),
        ("bert", ["bert.tif"]),
    ]
    assert [each.number for each in found.volumes[0].slices] == [1, 2]
