import logging
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG2MPML,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGLosslessSV1,
    RLELossless,
    generate_uid,
)

from tumourflow.cohorts.dicom import read_dicom
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import curate
from tumourflow.curation.integrity import inspect_case
from tumourflow.errors import UserError
from tumourflow.options import CurationOptions, IngestionOptions

FIXED = IngestionOptions(reader="dicom", window="fixed", window_low=0, window_high=255)
SERIES = generate_uid()


def make(pixels, **changes) -> Dataset:
    """A slice of a series; keywords are elements, None leaves one out."""
    pixels = np.asarray(pixels)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = changes.pop("syntax", ExplicitVRLittleEndian)
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SOPClassUID = CTImageStorage
    height, width = pixels.shape[-2:] if changes.get("SamplesPerPixel", 1) == 1 else pixels.shape[-3:-1]
    bits = pixels.dtype.itemsize * 8
    elements = {
        "PatientID": "anna",
        "SeriesInstanceUID": SERIES,
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "PixelSpacing": [0.5, 0.25],
        "Rows": height,
        "Columns": width,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "PixelData": pixels.tobytes() + b"\0" * (pixels.nbytes % 2),
    }
    for keyword, value in (elements | changes).items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
    dataset["PixelData"].is_undefined_length = "PixelData" in changes
    return dataset


@pytest.fixture
def save(tmp_path):
    def write(name: str, pixels, **changes) -> Path:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        make(pixels, **changes).save_as(tmp_path / name, enforce_file_format=True)
        return tmp_path

    return write


def at(height: float) -> dict[str, list[float]]:
    return {"ImagePositionPatient": [0, 0, height], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}


GREY = np.array([[0, 100, 255]], np.uint8)


def test_slices_are_ordered_along_the_normal_and_not_by_name_or_number(save):
    for name, height, instance in (("c.dcm", -5, 1), ("a", 20, 2), ("x/b.ima", 7.5, 3)):
        root = save(name, GREY, InstanceNumber=instance, **at(height))
    index = read_dicom(root, FIXED)
    patient = make_pseudonym("anna")
    assert [(case.case_id, case.slice, case.image.as_posix()) for case in index.cases] == [
        (f"{patient}/1-1", 1, "c.dcm"),
        (f"{patient}/1-2", 2, "x/b.ima"),
        (f"{patient}/1-3", 3, "a"),
    ]
    assert {(case.patient, case.spacing, case.load_mask) for case in index.cases} == {(patient, (0.5, 0.25), None)}
    assert index.has_patients


def test_the_normal_is_that_of_the_slices_wherever_they_are_tilted(save):
    tilted = [0, 1, 0, 0, 0, -1]  # sagittal; its normal points to the patient's right
    for name, across in (("a", 3), ("b", -3)):
        root = save(name, GREY, ImagePositionPatient=[across, 0, 0], ImageOrientationPatient=tilted)
    assert [case.image.name for case in read_dicom(root, FIXED).cases] == ["a", "b"]


def test_without_positions_the_instance_number_orders(save):
    for name, instance in (("a", 10), ("b", 9), ("c", 2)):
        root = save(name, GREY, InstanceNumber=instance)
    assert [case.image.name for case in read_dicom(root, FIXED).cases] == ["c", "b", "a"]


@pytest.mark.parametrize("lacking", [{}, {"ImagePositionPatient": [0, 0, 4]}], ids=["place", "direction"])
def test_where_one_slice_does_not_tell_its_place_the_instance_number_orders_all(save, lacking):
    for name, instance, place in (("a", 3, at(0)), ("b", 2, lacking), ("c", 1, at(9))):
        root = save(name, GREY, InstanceNumber=instance, **place)
    assert [case.image.name for case in read_dicom(root, FIXED).cases] == ["c", "b", "a"]


def test_slices_of_one_place_are_in_the_order_of_their_numbers_however_the_place_was_rounded(save):
    for name, instance, height in (("a", 2, 0.01), ("b", 1, 0.04), ("c", 3, 0.02)):
        root = save(name, GREY, InstanceNumber=instance, **at(height))
    assert [case.image.name for case in read_dicom(root, FIXED).cases] == ["b", "a", "c"]


def test_frames_of_two_files_without_place_and_number_do_not_mix(save):
    """As clips of an ultrasound scanner: a slice has its own clip's as neighbours."""
    for name, first in (("a", 1), ("b", 11)):
        root = save(name, np.array([[[first]], [[first + 1]]], np.uint8), NumberOfFrames=2, InstanceNumber=None)
    assert [case.load_image().item() for case in read_dicom(root, FIXED).cases] == [1, 2, 11, 12]


def test_without_an_id_a_series_is_what_lies_in_one_folder(save):
    for name, instance in (("x/a", 2), ("y/b", 1), ("x/c", 1)):
        root = save(name, GREY, SeriesInstanceUID=None, InstanceNumber=instance)
    cases = read_dicom(root, FIXED).cases
    assert [(case.case_id.split("/")[1], case.image.name) for case in cases] == [("1-1", "c"), ("1-2", "a"), ("2-1", "b")]


def test_series_of_a_patient_follow_one_another_and_never_mix(save):
    other, third = generate_uid(), generate_uid()
    for name, series, number, instance in (
        ("a", SERIES, 2, 1),
        ("b", other, 1, 1),
        ("c", SERIES, 2, 2),
        ("d", other, 1, 2),
        ("e", third, 3, 1),
    ):
        root = save(name, GREY, SeriesInstanceUID=series, SeriesNumber=number, InstanceNumber=instance)
    cases = read_dicom(root, FIXED).cases
    assert [(case.case_id.split("/")[1], case.slice, case.image.name) for case in cases] == [
        ("1-1", 1, "b"),
        ("1-2", 2, "d"),
        ("2-1", 3, "a"),
        ("2-2", 4, "c"),
        ("3-1", 5, "e"),
    ]


def test_slope_and_intercept_are_applied_to_each_slice_before_the_window(save):
    stored = np.array([[0, 1000, 1100, 3000]], np.int16)
    root = save("a", stored, InstanceNumber=1, RescaleSlope=1, RescaleIntercept=-1000)
    save("b", stored, InstanceNumber=2, RescaleSlope=2, RescaleIntercept=-2000)
    options = IngestionOptions(reader="dicom", window="fixed", window_low=-100, window_high=200)
    assert [case.load_image().tolist() for case in read_dicom(root, options).cases] == [[[0, 85, 170, 255]], [[0, 85, 255, 255]]]


@pytest.mark.parametrize("window", ["percentile", "minmax"])
def test_the_window_is_that_of_the_series_and_not_of_the_slice(save, window):
    root = save("a", np.array([[0, 500]], np.int16), InstanceNumber=1)
    save("b", np.array([[1000, 2000]], np.int16), InstanceNumber=2)
    save("c", np.array([[0, 50]], np.int16), SeriesInstanceUID=generate_uid(), SeriesNumber=2)
    options = IngestionOptions(reader="dicom", window=window, window_low=0, window_high=100)
    cases = pickle.loads(pickle.dumps(read_dicom(root, options).cases))
    assert [case.load_image().tolist() for case in cases] == [[[0, 64]], [[128, 255]], [[0, 255]]]


def test_a_changed_slice_changes_the_state_of_its_whole_series(save):
    root = save("a", GREY, InstanceNumber=1)
    save("b", GREY, InstanceNumber=2)
    before = read_dicom(root, FIXED).cases
    save("b", np.array([[0, 0, 7, 7]], np.uint8), InstanceNumber=2)
    assert before[0].state != read_dicom(root, FIXED).cases[0].state


def test_values_that_fit_are_kept_as_they_are(save):
    root = save("a", np.array([[0, 7, 200]], np.uint8))
    assert read_dicom(root, IngestionOptions(reader="dicom")).cases[0].load_image().tolist() == [[0, 7, 200]]
    save("a", np.array([[0, 7, 4095]], np.uint16), BitsStored=12, HighBit=11)
    (case,) = read_dicom(root, IngestionOptions(reader="dicom", bits=16)).cases
    assert (case.load_image().tolist(), case.load_image().dtype) == ([[0, 7, 4095]], np.uint16)


def test_monochrome1_is_inverted_with_and_without_a_window(save):
    root = save("a", GREY, PhotometricInterpretation="MONOCHROME1")
    save("b", GREY.astype(np.int16), PhotometricInterpretation="MONOCHROME1", SeriesInstanceUID=generate_uid(), SeriesNumber=2)
    assert [case.load_image().tolist() for case in read_dicom(root, FIXED).cases] == [[[255, 155, 0]]] * 2


def test_values_of_more_bits_than_are_kept_go_through_the_window(save):
    root = save("a", np.array([[0, 160, 4080]], np.uint16), BitsStored=12, HighBit=11)
    options = IngestionOptions(reader="dicom", window="fixed", window_low=0, window_high=4080)
    assert read_dicom(root, options).cases[0].load_image().tolist() == [[0, 10, 255]]


def test_monochrome1_is_inverted_within_the_bits_that_are_kept(save):
    """Twelve bits stay as they are stored; signed values are brought to all sixteen, 7 of 4095 to 112 of 65535."""
    values = np.array([[0, 7, 4095]], np.uint16)
    root = save("a", values, PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=11)
    save("b", values.astype(np.int16), PhotometricInterpretation="MONOCHROME1", PatientID="bert", SeriesInstanceUID=generate_uid())
    options = IngestionOptions(reader="dicom", bits=16, window="fixed", window_low=0, window_high=4095)
    shown = {case.image.name: case.load_image().tolist() for case in read_dicom(root, options).cases}
    assert shown == {"a": [[4095, 4088, 0]], "b": [[65535, 65423, 0]]}


def test_frames_of_a_file_are_slices_at_their_own_positions(save):
    def group(height: float, slope: float) -> Dataset:
        frame, place, values = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, height]
        values.RescaleSlope, values.RescaleIntercept = slope, 0
        frame.PlanePositionSequence, frame.PixelValueTransformationSequence = Sequence([place]), Sequence([values])
        return frame

    shared, plane, measures = Dataset(), Dataset(), Dataset()
    plane.ImageOrientationPatient, measures.PixelSpacing = [1, 0, 0, 0, 1, 0], [2, 3]
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = Sequence([plane]), Sequence([measures])
    frames = np.array([[[1, 2]], [[3, 4]], [[5, 6]]], np.int16)
    root = save(
        "a",
        frames,
        NumberOfFrames=3,
        PixelSpacing=None,
        SharedFunctionalGroupsSequence=Sequence([shared]),
        PerFrameFunctionalGroupsSequence=Sequence([group(9, 1), group(3, 10), group(6, 1)]),
    )
    cases = read_dicom(root, FIXED).cases
    assert [case.load_image().tolist() for case in cases] == [[[30, 40]], [[5, 6]], [[1, 2]]]
    assert {case.spacing for case in cases} == {(2, 3)}
    assert len({case.case_id for case in cases}) == 3


def test_compressed_and_coloured_pictures_are_decoded(tmp_path, save):
    packed = make(np.arange(64, dtype=np.uint8).reshape(8, 8))
    packed.compress(RLELossless, generate_instance_uid=False)
    packed.save_as(tmp_path / "a", enforce_file_format=True)
    colours = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    root = save("b", colours, SamplesPerPixel=3, PlanarConfiguration=0, PhotometricInterpretation="RGB", SeriesNumber=2)
    first, second = read_dicom(root, FIXED).cases
    assert first.load_image().tolist() == np.arange(64).reshape(8, 8).tolist()
    assert second.load_image().tolist() == colours.tolist()


def test_a_modality_table_gives_the_values(save):
    table = Dataset()
    table.LUTDescriptor, table.LUTData, table.ModalityLUTType = [3, 0, 16], [10, 20, 30], "US"
    table["LUTDescriptor"].VR, table["LUTData"].VR = "US", "US"
    root = save("a", np.array([[0, 1, 2, 9]], np.uint8), ModalityLUTSequence=Sequence([table]))
    assert read_dicom(root, FIXED).cases[0].load_image().tolist() == [[10, 20, 30, 30]]


@pytest.mark.parametrize(
    ("changes", "finding", "evidence"),
    [
        ({"PatientID": None}, "bad_patient_id", "missing"),
        ({"PatientID": " "}, "bad_patient_id", "missing"),
        ({"PatientID": ["a", "b"]}, "bad_patient_id", "no text"),
        ({"Rows": 65535, "Columns": 65535}, "too_large", "a frame` declares 65535 x 65535"),
        ({"NumberOfFrames": 2_000_000_000}, "too_large", "2000000000 frames"),
        ({"NumberOfFrames": 0, "Rows": 0}, "undecodable", "no pixel"),
        ({"Rows": 900}, "undecodable", "fewer than the"),
        ({"RescaleSlope": "1e999"}, "undecodable", "RescaleSlope is not 1 finite number"),
        ({"syntax": DeflatedExplicitVRLittleEndian}, "undecodable", "deflated"),
        ({"syntax": JPEGLosslessSV1, "PixelData": encapsulate([GREY.tobytes()])}, "undecodable", "JPEG Lossless, Non-Hierarchical"),
        ({"syntax": MPEG2MPML, "PixelData": encapsulate([GREY.tobytes()])}, "undecodable", "MPEG2 Main Profile"),
        ({"BitsStored": 6, "HighBit": 7}, "undecodable", "HighBit is 7, where 6 bits are stored"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "undecodable", "the DICOM segmentation cannot be read (AttributeError)"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.7"}, "stray", "without a picture"),
        ({"Rows": None}, "stray", "without a picture"),
    ],
)
def test_a_file_that_cannot_become_a_case_is_rejected_with_the_reason(save, changes, finding, evidence):
    root = save("good", GREY)
    save("bad", GREY, **changes)
    index = read_dicom(root, FIXED)
    assert [case.image.name for case in index.cases] == ["good"]
    ((file, name, reason),) = [(each.file.name, each.finding, each.evidence) for each in index.rejected]
    assert (file, name) == ("bad", finding)
    assert evidence in reason


def test_an_element_that_declares_terabytes_costs_nothing(save):
    root = save("good", GREY)
    whole = (root / "good").read_bytes()
    at = whole.index(b"\x28\x00\x02\x00")
    (root / "huge").write_bytes(whole[:at] + b"\x27\x00\x01\x10OB\x00\x00\xf0\xff\xff\xff" + whole[at:])
    (root / "cut").write_bytes(whole[:200])
    (root / "fake.dcm").write_bytes(b"no header at all")
    (root / "empty.dcm").touch()
    (root / "notes.txt").write_text("nothing")
    (root / "DICOMDIR").write_bytes(whole)
    tracemalloc.start()
    index = read_dicom(root, FIXED)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
    assert [case.image.name for case in index.cases] == ["good"]
    assert {each.file.name for each in index.rejected} == {"cut", "empty.dcm", "fake.dcm", "huge"}
    assert [path.name for path in index.strays] == ["notes.txt"]
    assert [path.name for path in index.metadata] == ["DICOMDIR"]


def test_a_folder_without_dicom_is_told_in_a_sentence(make_files):
    with pytest.raises(UserError, match=r"no DICOM picture of a known patient: .* has 1 files \(none is a DICOM file\)"):
        read_dicom(make_files("a.png"), FIXED)


def test_nothing_of_a_damaged_header_is_told(save, caplog):
    root = save("good", GREY)
    save("bad", GREY, PatientName="Meier^Anna", PatientBirthDate="19600102", BitsAllocated=None)
    save("odd", GREY, PatientName="Meier^Anna", SeriesNumber=9, ImagePositionPatient=None)
    damaged = (root / "odd").read_bytes().replace(b"IS\x02\x009 ", b"IS\x02\x00Me")
    (root / "odd").write_bytes(damaged)
    with caplog.at_level(logging.DEBUG):
        index = read_dicom(root, FIXED)
        for case in index.cases:
            case.load_image()
    told = caplog.text + str(index)
    assert {each.file.name for each in index.rejected} == {"bad", "odd"}
    assert not [word for word in ("Meier", "1960", "anna", "Me'") if word in told]


def test_ids_that_are_probably_one_persons_make_a_family_of_pseudonyms(save):
    for name in ("MR40", "mr40B", "MR41", "anna"):
        root = save(name, GREY, PatientID=name, SeriesInstanceUID=generate_uid())
    families = {case.patient: case.family for case in read_dicom(root, FIXED).cases}
    first = min(make_pseudonym("MR40"), make_pseudonym("mr40B"))
    assert families == {make_pseudonym(name): first if name in ("MR40", "mr40B") else "" for name in ("MR40", "mr40B", "MR41", "anna")}


def test_a_family_behind_pseudonyms_becomes_one_group_with_a_row_in_the_ledger(save):
    for grey, name in enumerate(("MR40", "MR40B", "MR41")):
        root = save(name, (np.arange(64, dtype=np.uint8) * (3 - grey)).reshape(8, 8), PatientID=name, SeriesInstanceUID=generate_uid())
    index = read_dicom(root, FIXED)
    curated = curate(index, tabulate_facts(map(inspect_case, index.cases)), FIXED, CurationOptions())
    group = curated.cases.set_index("patient")["group"]
    one, other, third = (group[make_pseudonym(name)] for name in ("MR40", "MR40B", "MR41"))
    assert one == other != third
    told = curated.ledger[curated.ledger["finding"] == "id_family"]
    assert told["action"].tolist() == ["grouped"]
    assert told["evidence"].item() == f"{', '.join(sorted({make_pseudonym('MR40'), make_pseudonym('MR40B')}))}: 2 images"


def test_the_grid_of_a_dose_is_no_picture(save):
    save("ct", GREY)
    root = save("dose", GREY, SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2", SeriesNumber=2, SeriesInstanceUID=generate_uid())
    index = read_dicom(root, FIXED)
    assert [case.image.name for case in index.cases] == ["ct"]
    assert [(each.file.name, each.finding) for each in index.rejected] == [("dose", "stray")]


def test_series_of_a_patient_are_shown_on_one_scale(save):
    grey = np.arange(64, dtype=np.uint16).reshape(8, 8) * 60
    save("plain", grey, BitsStored=12, HighBit=11)
    root = save(
        "scaled", grey, BitsStored=12, HighBit=11, RescaleSlope=1.5, RescaleIntercept=0, SeriesInstanceUID=generate_uid(), SeriesNumber=2
    )
    plain, scaled = (case.load_image().max() for case in read_dicom(root, IngestionOptions(reader="dicom", bits=16, window="minmax")).cases)
    assert plain == scaled == 65535


def test_one_slice_whose_values_mean_something_else_puts_its_whole_series_on_one_scale(save):
    stored = np.array([[0, 7, 4095]], np.uint16)
    root = save("a", stored, BitsStored=12, HighBit=11, InstanceNumber=1)
    save("b", stored, BitsStored=12, HighBit=11, InstanceNumber=2, RescaleSlope=2, RescaleIntercept=0)
    options = IngestionOptions(reader="dicom", bits=16, window="fixed", window_low=0, window_high=16380)
    shown = [case.load_image().tolist() for case in read_dicom(root, options).cases]
    # A quarter of the window, and half of it.
    assert shown == [[[0, 28, 16384]], [[0, 56, 32768]]]


def test_a_case_is_read_again_where_another_series_changes_how_it_is_shown(save):
    root = save("plain", GREY)
    options = IngestionOptions(reader="dicom", window="minmax")
    (alone,) = read_dicom(root, options).cases
    save("scaled", GREY, RescaleSlope=1.5, RescaleIntercept=0, SeriesInstanceUID=generate_uid(), SeriesNumber=2)
    together = next(case for case in read_dicom(root, options).cases if case.image == alone.image)
    assert together.state != alone.state
