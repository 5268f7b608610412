import logging
import warnings

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from tumourflow import __version__
from tumourflow.cohorts.dicom import read_dicom
from tumourflow.imaging.damage import DamageError
from tumourflow.imaging.dicom_seg import encode_dicom_seg
from tumourflow.options import IngestionOptions

OPTIONS = IngestionOptions(reader="dicom", window="fixed", window_low=0, window_high=255)
PERSON = "Zwickelmann"
MODEL = "lgg-segmentation v3"
STUDY, SERIES, PLACE = generate_uid(), generate_uid(), generate_uid()
AXIAL = ([1, 0, 0, 0, 1, 0], [0, 0, 1])
SAGITTAL = ([0, 1, 0, 0, 0, -1], [-1, 0, 0])
TILTED = ([0.8, 0.6, 0, 0, 0, -1], [-0.6, 0.8, 0])


def write(folder, pixels, plane=AXIAL, gap=2.5, **changes):
    """A series of a person with a name; keywords are elements, None leaves one out."""
    folder.mkdir(parents=True, exist_ok=True)
    orientation, normal = plane
    for number, values in enumerate(pixels):
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        elements = {
            "SOPClassUID": MRImageStorage,
            "SOPInstanceUID": generate_uid(),
            "StudyInstanceUID": STUDY,
            "SeriesInstanceUID": SERIES,
            "FrameOfReferenceUID": PLACE,
            "PatientID": f"{PERSON}-19311231",
            "PatientName": f"{PERSON}^Anna",
            "PatientBirthDate": "19311231",
            "PatientSex": "F",
            "StudyDate": "20200229",
            "StudyTime": "112233",
            "StudyID": PERSON,
            "AccessionNumber": PERSON,
            "ReferringPhysicianName": "Querfeldein",
            "InstitutionName": "Querfeldein",
            "StudyDescription": PERSON,
            "PatientComments": PERSON,
            "Modality": "MR",
            "SeriesNumber": 1,
            "InstanceNumber": len(pixels) - number,
            "ImageOrientationPatient": orientation,
            "ImagePositionPatient": [
                round(float(start + number * gap * step), 6) for start, step in zip((-10, 20, 30), normal, strict=True)
            ],
            "PixelSpacing": [0.5, 0.25],
            "SliceThickness": 2,
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "Rows": values.shape[0],
            "Columns": values.shape[1],
            "BitsAllocated": 8,
            "BitsStored": 8,
            "HighBit": 7,
            "PixelRepresentation": 0,
            "PixelData": values.tobytes() + b"\0" * (values.size % 2),
        }
        for keyword, value in (elements | changes).items():
            if value is not None:
                setattr(dataset, keyword, value[number] if isinstance(value, tuple) else value)
        dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "1.2.3")
        dataset["PixelData"].VR = "OB"
        # The order of the files says nothing.
        dataset.save_as(folder / f"{(number * 7) % 10}.dcm", enforce_file_format=True)
    return folder


def segment(folder, target, threshold=200):
    cases = read_dicom(folder, OPTIONS).cases
    masks = [case.load_image() > threshold for case in cases]
    target.write_bytes(encode_dicom_seg(masks, [folder / case.image for case in cases], MODEL, cases[0].patient))
    return masks, cases


SIZES = {"BINARY": (4, 6, 9), "FRACTIONAL": (5, 7, 9)}
"""Pixels that fill whole bytes, and that do not."""


@pytest.fixture(params=["BINARY", "FRACTIONAL"])
def kind(request):
    return request.param


@pytest.fixture
def pixels(kind):
    return np.random.default_rng(0).integers(0, 256, SIZES[kind], np.uint8)


@pytest.mark.parametrize("plane", [AXIAL, SAGITTAL, TILTED])
def test_itk_reads_the_masks_at_the_place_of_their_series(tmp_path, pixels, plane):
    masks, cases = segment(write(tmp_path / "in", pixels, plane), tmp_path / "seg.dcm")
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames([str(tmp_path / "in" / case.image) for case in cases])
    series, made = reader.Execute(), SimpleITK.ReadImage(str(tmp_path / "seg.dcm"))
    assert np.array_equal(SimpleITK.GetArrayFromImage(made) > 0, np.stack(masks))
    assert np.array_equal(SimpleITK.GetArrayFromImage(series) > 200, np.stack(masks))
    assert made.GetSize() == series.GetSize()
    for place in ("GetOrigin", "GetSpacing", "GetDirection"):
        assert getattr(made, place)() == pytest.approx(getattr(series, place)(), abs=1e-6)


def test_pydicom_finds_each_frame_beside_the_slice_it_refers_to(tmp_path, pixels):
    masks, cases = segment(write(tmp_path / "in", pixels, TILTED), tmp_path / "seg.dcm")
    made = pydicom.dcmread(tmp_path / "seg.dcm")
    sources = [pydicom.dcmread(tmp_path / "in" / case.image) for case in cases]
    assert made.pixel_array.tolist() == np.stack(masks).astype(int).tolist()
    for frame, source in zip(made.PerFrameFunctionalGroupsSequence, sources, strict=True):
        assert frame.PlanePositionSequence[0].ImagePositionPatient == source.ImagePositionPatient
        (derived,) = frame.DerivationImageSequence
        assert derived.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
    shared = made.SharedFunctionalGroupsSequence[0]
    assert shared.PlaneOrientationSequence[0].ImageOrientationPatient == sources[0].ImageOrientationPatient
    measures = shared.PixelMeasuresSequence[0]
    assert (list(measures.PixelSpacing), measures.SliceThickness, measures.SpacingBetweenSlices) == ([0.5, 0.25], 2, 2.5)
    assert (made.StudyInstanceUID, made.FrameOfReferenceUID) == (STUDY, PLACE)
    referenced = made.ReferencedSeriesSequence[0]
    assert referenced.SeriesInstanceUID == SERIES
    assert {each.ReferencedSOPInstanceUID for each in referenced.ReferencedInstanceSequence} == {each.SOPInstanceUID for each in sources}


def test_it_says_what_was_segmented_by_what(tmp_path, pixels, kind):
    segment(write(tmp_path / "in", pixels), tmp_path / "seg.dcm")
    made = pydicom.dcmread(tmp_path / "seg.dcm")
    (described,) = made.SegmentSequence
    assert (made.Modality, made.SegmentationType) == ("SEG", kind)
    assert (described.SegmentLabel, described.SegmentAlgorithmType, described.SegmentAlgorithmName) == ("tumour", "AUTOMATIC", "tumourflow")
    assert described.SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion == f"{__version__} {MODEL}"
    assert described.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Neoplasm"


def test_a_series_without_a_tumour_has_its_frames_all_the_same(tmp_path, pixels):
    segment(write(tmp_path / "in", pixels), tmp_path / "seg.dcm", threshold=255)
    assert pydicom.dcmread(tmp_path / "seg.dcm").pixel_array.shape == pixels.shape
    assert not SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "seg.dcm"))).any()


def test_one_slice_is_a_series_and_needs_no_thickness(tmp_path, pixels):
    masks, _ = segment(write(tmp_path / "in", pixels[:1], SliceThickness=None), tmp_path / "seg.dcm")
    assert np.array_equal(pydicom.dcmread(tmp_path / "seg.dcm").pixel_array.reshape(masks[0].shape) > 0, masks[0])
    assert SimpleITK.ReadImage(str(tmp_path / "seg.dcm")).GetOrigin() == (-10, 20, 30)


def test_nothing_tells_the_person(tmp_path, pixels, caplog):
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings():
        _, cases = segment(write(tmp_path / "in", pixels), tmp_path / "seg.dcm")
    raw = (tmp_path / "seg.dcm").read_bytes()
    planted = [PERSON, "19311231", "Querfeldein", "20200229", "112233"]
    assert all(word.encode() in (tmp_path / "in/0.dcm").read_bytes() for word in planted)
    assert not [word for word in planted if word.encode() in raw or word in caplog.text]
    made = pydicom.dcmread(tmp_path / "seg.dcm")
    assert (made.PatientID, made.PatientIdentityRemoved) == (cases[0].patient, "YES")
    assert not made.PatientName
    assert not made.PatientBirthDate


def test_highdicom_reads_it_back_by_its_references(tmp_path, pixels):
    from highdicom.seg import segread

    masks, cases = segment(write(tmp_path / "in", pixels, TILTED), tmp_path / "seg.dcm")
    made, uids = segread(tmp_path / "seg.dcm"), [pydicom.dcmread(tmp_path / "in" / case.image).SOPInstanceUID for case in cases]
    read = made.get_pixels_by_source_instance(uids[::-1], rescale_fractional=False)
    assert np.array_equal(read[..., 0] > 0, np.stack(masks[::-1]))


def test_the_order_in_which_slices_are_given_makes_no_difference(tmp_path, pixels):
    masks, cases = segment(write(tmp_path / "in", pixels), tmp_path / "a.dcm")
    order = [2, 0, 3, 1, 4][: len(masks)]
    files = [tmp_path / "in" / cases[place].image for place in order]
    (tmp_path / "b.dcm").write_bytes(encode_dicom_seg([masks[place] for place in order], files, MODEL, "p0"))
    assert pydicom.dcmread(tmp_path / "b.dcm").pixel_array.tolist() == np.stack(masks).astype(int).tolist()


@pytest.fixture
def series():
    return np.random.default_rng(1).integers(0, 256, SIZES["BINARY"], np.uint8)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ImagePositionPatient": None}, "ImagePositionPatient is missing"),
        ({"ImageOrientationPatient": None}, "ImageOrientationPatient is missing"),
        ({"PixelSpacing": None}, "PixelSpacing is missing"),
        ({"PixelSpacing": [0, 1]}, "PixelSpacing is not 2 lengths"),
        ({"FrameOfReferenceUID": None}, "FrameOfReferenceUID is missing"),
        ({"StudyInstanceUID": PERSON}, "StudyInstanceUID is no identifier"),
        ({"ImagePositionPatient": [1, 2, 3]}, "two slices lie in one place"),
        ({"SOPInstanceUID": "1.2.3"}, "two slices have one SOPInstanceUID"),
        ({"ImageOrientationPatient": (AXIAL[0], AXIAL[0], AXIAL[0], TILTED[0])}, "several directions"),
        ({"FrameOfReferenceUID": (PLACE, PLACE, PLACE, STUDY)}, "several frames of reference"),
        ({"SeriesInstanceUID": (SERIES, SERIES, STUDY, SERIES)}, "several series"),
        ({"PixelSpacing": ([0.5, 0.25], [0.5, 0.25], [0.5, 0.26], [0.5, 0.25])}, "several sizes of pixels"),
        ({"NumberOfFrames": 3}, "several frames"),
    ],
)
def test_a_series_that_cannot_be_segmented_is_refused_with_the_reason(tmp_path, series, changes, reason):
    folder = write(tmp_path / "in", series, **changes)
    with pytest.raises(DamageError, match=reason) as error:
        encode_dicom_seg(list(series > 200), sorted(folder.iterdir()), MODEL, "p0")
    assert PERSON not in str(error.value)


def test_what_rounding_makes_of_a_direction_is_no_other_direction(tmp_path, series):
    turned = tuple([value + 3e-5 * (number == 2) for value in AXIAL[0]] for number in range(4))
    segment(write(tmp_path / "in", series, ImageOrientationPatient=turned), tmp_path / "seg.dcm")
    assert SimpleITK.ReadImage(str(tmp_path / "seg.dcm")).GetSpacing() == (0.25, 0.5, 2.5)


def test_slices_of_several_heights_are_refused(tmp_path, series):
    folder = write(tmp_path / "in", [*series[:3], series[3][:5]])
    with pytest.raises(DamageError, match="several heights"):
        encode_dicom_seg(list(series > 200), sorted(folder.iterdir()), MODEL, "p0")


@pytest.mark.parametrize("masks", [np.zeros((3, 6, 9), bool), np.zeros((4, 9, 6), bool)])
def test_masks_of_another_series_are_refused(tmp_path, series, masks):
    folder = write(tmp_path / "in", series)
    with pytest.raises(ValueError, match="4 slices of 6 x 9 pixels"):
        encode_dicom_seg(list(masks), sorted(folder.iterdir()), MODEL, "p0")


def test_a_half_written_file_is_told_without_its_words(tmp_path, series):
    folder = write(tmp_path / "in", series)
    broken = sorted(folder.iterdir())[2]
    broken.write_bytes(broken.read_bytes()[:300])
    with pytest.raises(DamageError) as error:
        encode_dicom_seg(list(series > 200), sorted(folder.iterdir()), MODEL, "p0")
    assert PERSON not in str(error.value)
