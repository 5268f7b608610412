import pickle
from pathlib import Path

import numpy as np
import pytest
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationFractionalTypeValues, SegmentDescription
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, RLELossless, generate_uid

from tumourflow.cohorts.dicom import index_pictures, read_dicom
from tumourflow.cohorts.masks import MaskSizesError
from tumourflow.cohorts.pseudonyms import make_pseudonym
from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import curate
from tumourflow.curation.integrity import inspect_case
from tumourflow.errors import UserError
from tumourflow.imaging.dicom_masks import read_segmentation
from tumourflow.imaging.dicom_seg import encode_dicom_seg
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions

OPTIONS = IngestionOptions(reader="dicom", window="fixed", window_low=0, window_high=255)
STUDY, PLACE = generate_uid(), generate_uid()
# Three slices of 2 x 4 pixels; nothing is drawn on the second.
FIRST = np.array([[[1, 1, 0, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 1, 1, 0]]], np.uint8)
SECOND = np.array([[[0, 1, 1, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 0, 0, 0]]], np.uint8)


def write_series(folder: Path, shape=(3, 2, 4), **changes) -> list[Path]:
    """Slices that lie above one another; keywords are elements."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels, series, files = np.random.default_rng(0).integers(0, 256, shape, np.uint8), generate_uid(), []
    for number, values in enumerate(pixels):
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, generate_uid()
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = STUDY, series, PLACE
        dataset.PatientID, dataset.PatientName, dataset.Modality = "anna", "Zwickelmann^Anna", "MR"
        dataset.PatientBirthDate = dataset.PatientSex = dataset.StudyID = dataset.StudyDate = dataset.StudyTime = ""
        dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
        dataset.SeriesNumber, dataset.InstanceNumber = 1, number + 1
        dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, 3 * number], [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing, dataset.SliceThickness = [0.5, 0.5], 3
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.Rows, dataset.Columns = values.shape
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
        dataset.PixelData = values.tobytes()
        for keyword, value in changes.items():
            setattr(dataset, keyword, value)
        dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = MRImageStorage, dataset.SOPInstanceUID
        dataset["PixelData"].VR = "OB"
        files.append(folder / f"{number}.dcm")
        dataset.save_as(files[-1], enforce_file_format=True)
    return files


def draw(files: list[Path], segments: np.ndarray, kind: str = "BINARY", **options) -> Segmentation:
    """A segmentation as other programs write them, which leave empty frames out: `(slices, height, width, segments)`."""
    describe = {"algorithm_type": SegmentAlgorithmTypeValues.MANUAL}
    category = {
        "segmented_property_category": codes.SCT.MorphologicallyAbnormalStructure,
        "segmented_property_type": codes.SCT.Neoplasm,
    }
    return Segmentation(
        source_images=[dcmread(file) for file in files],
        pixel_array=segments.copy(),  # which highdicom may write into
        segmentation_type=kind,
        segment_descriptions=[
            SegmentDescription(segment_number=number + 1, segment_label=f"part {number}", **category, **describe)
            for number in range(segments.shape[3])
        ],
        series_instance_uid=generate_uid(),
        series_number=9,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="test",
        manufacturer_model_name="test",
        software_versions="1",
        device_serial_number="0",
        **options,
    )


def masks_of(root: Path, options: IngestionOptions = OPTIONS) -> list[list[list[bool]]]:
    return [case.load_mask().tolist() for case in read_cohort(root, options, PhantomOptions()).cases]


@pytest.fixture
def series(tmp_path: Path) -> list[Path]:
    return write_series(tmp_path / "mr")


@pytest.mark.parametrize("options", [{}, {"omit_empty_frames": False}, {"transfer_syntax_uid": RLELossless, "kind": "FRACTIONAL"}])
def test_a_segmentation_is_the_mask_of_the_slices_that_it_names(series: list[Path], tmp_path: Path, options: dict) -> None:
    fractional = {"fractional_type": SegmentationFractionalTypeValues.PROBABILITY} if "kind" in options else {}
    draw(series, FIRST[..., None], **fractional, **options).save_as(tmp_path / "drawn.dcm")
    index = read_dicom(tmp_path, OPTIONS)
    assert [case.image.name for case in index.cases] == ["0.dcm", "1.dcm", "2.dcm"]
    assert {case.masks for case in index.cases} == {(Path("drawn.dcm"),)}
    assert masks_of(tmp_path) == FIRST.astype(bool).tolist()
    assert not index.rejected + index.orphan_masks + index.orphan_images + index.strays


@pytest.mark.parametrize("shape", [(3, 2, 4), (3, 3, 3)])
def test_what_inference_writes_comes_back_as_masks(tmp_path: Path, shape: tuple[int, ...]) -> None:
    files = write_series(tmp_path / "mr", shape)
    masks = np.random.default_rng(1).random(shape) < 0.4
    (tmp_path / "drawn.dcm").write_bytes(encode_dicom_seg(list(masks), files, "lgg-segmentation v3", "p1"))
    assert masks_of(tmp_path) == masks.tolist()


def test_nothing_that_tells_a_person_is_kept_of_a_segmentation(series: list[Path], tmp_path: Path) -> None:
    drawn = draw(series, FIRST[..., None])
    drawn.ContentCreatorName = drawn.SeriesDescription = drawn.SegmentSequence[0].SegmentLabel = "Zwickelmann^Anna"
    drawn.save_as(tmp_path / "drawn.dcm")
    kept = pickle.dumps([read_segmentation(tmp_path / "drawn.dcm"), *read_dicom(tmp_path, OPTIONS).cases])
    planted = (b"Zwickel", b"anna", str(drawn.SOPInstanceUID).encode(), str(dcmread(series[0]).SOPInstanceUID).encode())
    assert [text for text in planted if text in kept] == []


def test_half_of_a_fraction_is_lesion(series: list[Path], tmp_path: Path) -> None:
    fractions = np.zeros((3, 2, 4, 1))
    fractions[0, 0, :, 0] = [1, 0.52, 0.48, 0]
    kind = SegmentationFractionalTypeValues.OCCUPANCY
    draw(series, fractions, "FRACTIONAL", fractional_type=kind, max_fractional_value=100).save_as(tmp_path / "drawn.dcm")
    assert masks_of(tmp_path)[0] == [[True, True, False, False], [False] * 4]


def test_of_several_segments_it_has_to_be_said_which_are_lesion(series: list[Path], tmp_path: Path) -> None:
    draw(series, np.stack([FIRST, SECOND], axis=-1)).save_as(tmp_path / "drawn.dcm")
    with pytest.raises(UserError, match=r"several segments: 1 \(`drawn\.dcm`\), 2 .*Say in `ingestion\.lesion_values`.* \[1\]"):
        read_dicom(tmp_path, OPTIONS)
    (tmp_path / "drawn.dcm").rename(tmp_path / "Zwickelmann.dcm")
    with pytest.raises(UserError, match=rf"several segments: 1 \(`{make_pseudonym('Zwickelmann')}\.dcm`\)"):
        read_dicom(tmp_path, OPTIONS)
    chosen = {values: masks_of(tmp_path, OPTIONS.model_copy(update={"lesion_values": values})) for values in ((1,), (2,), (1, 2))}
    assert chosen[1,] == FIRST.astype(bool).tolist()
    assert chosen[2,] == SECOND.astype(bool).tolist()
    assert chosen[1, 2] == (FIRST | SECOND).astype(bool).tolist()


def test_several_segmentations_of_a_slice_are_united_with_a_row(series: list[Path], tmp_path: Path) -> None:
    draw(series, FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    draw(series, SECOND[..., None]).save_as(tmp_path / "second.dcm")
    assert masks_of(tmp_path) == (FIRST | SECOND).astype(bool).tolist()
    index = read_dicom(tmp_path, OPTIONS)
    curated = curate(index, tabulate_facts([inspect_case(case) for case in index.cases]), OPTIONS, CurationOptions())
    told = curated.ledger[curated.ledger["finding"] == "several_masks"]
    assert set(told["case_id"]) == {case.case_id for case in index.cases}
    assert set(told["evidence"]) == {"drawn.dcm + second.dcm"}


def test_series_without_a_segmentation_are_orphans_where_another_has_one(series: list[Path], tmp_path: Path) -> None:
    write_series(tmp_path / "other")
    assert {case.load_mask for case in read_dicom(tmp_path, OPTIONS).cases} == {None}
    draw(series, FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    index = read_dicom(tmp_path, OPTIONS)
    assert {case.image.parent.name for case in index.cases} == {"mr"}
    assert [path.as_posix() for path in index.orphan_images] == ["other/0.dcm", "other/1.dcm", "other/2.dcm"]


def test_a_segmentation_whose_slices_are_not_there_is_an_orphan(series: list[Path], tmp_path: Path) -> None:
    draw(series, FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    for file in series:
        file.unlink()
    write_series(tmp_path / "other")
    index = read_dicom(tmp_path, OPTIONS)
    assert (index.orphan_masks, {case.load_mask for case in index.cases}) == ((Path("drawn.dcm"),), {None})


def test_a_segmentation_of_a_slice_that_two_files_claim_to_be_is_rejected(series: list[Path], tmp_path: Path) -> None:
    draw(series, FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    (tmp_path / "copy.dcm").write_bytes(series[0].read_bytes())
    index = read_dicom(tmp_path, OPTIONS)
    assert [(each.file.name, each.finding) for each in index.rejected] == [("drawn.dcm", "undecodable")]
    assert "SOPInstanceUID two files have" in index.rejected[0].evidence


def lose_source(frame: Dataset) -> None:
    del frame.DerivationImageSequence


def add_source(frame: Dataset) -> None:
    other = Dataset()
    other.ReferencedSOPClassUID, other.ReferencedSOPInstanceUID = MRImageStorage, generate_uid()
    frame.DerivationImageSequence[0].SourceImageSequence.append(other)


def name_nobody(frame: Dataset) -> None:
    frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID = ""


def name_two_frames(frame: Dataset) -> None:
    frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber = [1, 2]


def lose_segment(frame: Dataset) -> None:
    none = Dataset()
    none.ReferencedSegmentNumber = 0
    frame.SegmentIdentificationSequence = [none]


@pytest.mark.parametrize("change", [lose_segment, lose_source, add_source, name_nobody, name_two_frames])
def test_a_frame_has_to_name_its_slice(series: list[Path], tmp_path: Path, change) -> None:
    draw(series, FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    drawn = dcmread(tmp_path / "drawn.dcm")
    change(drawn.PerFrameFunctionalGroupsSequence[1])
    drawn.save_as(tmp_path / "drawn.dcm")
    (rejected,) = read_dicom(tmp_path, OPTIONS).rejected
    assert (rejected.file.name, rejected.finding) == ("drawn.dcm", "undecodable")
    assert "do not each name the one segment that they show and the one slice" in rejected.evidence


def write_frames(file: Path, frames: int) -> Path:
    """An enhanced picture, whose frames lie above one another in the opposite order."""
    (single,) = write_series(file.parent, (1, 2, 4))
    dataset = dcmread(single)
    single.unlink()
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    shared, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = dataset.ImageOrientationPatient
    measures.PixelSpacing, measures.SliceThickness = dataset.PixelSpacing, dataset.SliceThickness
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    dataset.SharedFunctionalGroupsSequence, dataset.PerFrameFunctionalGroupsSequence = [shared], []
    for number in range(frames):
        frame, position = Dataset(), Dataset()
        position.ImagePositionPatient = [0, 0, -3 * number]
        frame.PlanePositionSequence = [position]
        dataset.PerFrameFunctionalGroupsSequence.append(frame)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(dataset, keyword)
    dataset.NumberOfFrames, dataset.PixelData = frames, bytes(range(8 * frames))
    dataset.save_as(file)
    return file


def test_a_segmentation_finds_the_frames_of_a_file_of_many(tmp_path: Path) -> None:
    draw([write_frames(tmp_path / "frames.dcm", 3)], FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    assert [case.load_image()[0, 0] for case in read_dicom(tmp_path, OPTIONS).cases] == [16, 8, 0]
    assert masks_of(tmp_path) == FIRST[::-1].astype(bool).tolist()


@pytest.mark.parametrize(
    ("frames", "number", "reason"),
    [(3, None, "does not say on which of their frames"), (3, 4, "a frame that is not there"), (1, 2, "a frame that is not there")],
)
def test_a_segmentation_of_no_frame_that_is_known_is_rejected(tmp_path: Path, frames: int, number: int | None, reason: str) -> None:
    draw([write_frames(tmp_path / "frames.dcm", frames)], FIRST[:frames, ..., None]).save_as(tmp_path / "drawn.dcm")
    drawn = dcmread(tmp_path / "drawn.dcm")
    for frame in drawn.PerFrameFunctionalGroupsSequence:
        frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber = number
    drawn.save_as(tmp_path / "drawn.dcm")
    index = read_dicom(tmp_path, OPTIONS)
    assert [(each.file.name, each.finding, reason in each.evidence) for each in index.rejected] == [("drawn.dcm", "undecodable", True)]
    assert len(index.cases) == frames


def test_a_mask_of_another_size_is_told(series: list[Path], tmp_path: Path) -> None:
    draw(series, FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    drawn = dcmread(tmp_path / "drawn.dcm")
    drawn.Rows, drawn.Columns = 4, 2
    drawn.save_as(tmp_path / "drawn.dcm")
    index = read_dicom(tmp_path, OPTIONS)
    facts = tabulate_facts([inspect_case(case) for case in index.cases])
    with pytest.raises(UserError, match=r"4 size_mismatch; for example drawn\.dcm"):
        curate(index, facts, OPTIONS, CurationOptions(max_excluded_fraction=1))


def test_two_segmentations_of_a_slice_that_differ_in_size_are_told(series: list[Path], tmp_path: Path) -> None:
    """One of a single row would be stretched over the other without a word."""
    draw(series, FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    other = draw(series, SECOND[..., None])
    other.Rows, other.Columns = 1, 4
    other.save_as(tmp_path / "second.dcm")
    case = read_dicom(tmp_path, OPTIONS).cases[0]
    with pytest.raises(MaskSizesError, match="2 x 4 and 1 x 4"):
        case.load_mask()


def test_inference_takes_a_segmentation_for_no_picture(series: list[Path], tmp_path: Path) -> None:
    draw(series, FIRST[..., None]).save_as(tmp_path / "drawn.dcm")
    found = index_pictures(tmp_path, [Path("mr/0.dcm"), Path("drawn.dcm")], OPTIONS)
    assert [(each.file.name, each.finding, each.evidence) for each in found.rejected] == [
        ("drawn.dcm", "stray", "a segmentation, no picture")
    ]
