"""Masks as a DICOM Segmentation, which viewers lay over the series it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumourflow import __version__
from tumourflow.imaging.damage import guard
from tumourflow.imaging.dicom_series import measure_heights, read_series
from tumourflow.types import Mask, Plane

if TYPE_CHECKING:
    from highdicom.seg import Segmentation, SegmentDescription
    from pydicom import Dataset

_LONGEST = 64
"""Letters of a text in DICOM (LO)."""
_SERIES_NUMBER = 9000
_REMOVED = "PatientID is a hash; name, birth date, examination are left out"


def encode_dicom_seg(masks: Sequence[Mask], sources: Sequence[Path], model: str, patient: str) -> bytes:
    """Encode the masks of a series as one DICOM Segmentation of one segment, `tumour`, with a frame for each slice, also for empty masks.

    It refers to the slices and the study by their UIDs and takes over their geometry, so that viewers find the series. Of the patient it
    holds the pseudonym alone, for nothing that this project writes tells a person: an archive that files by PatientID has to put its own
    data back, as with everything that was de-identified.

    Frames follow the slices' normal. Readers built on GDCM, such as ITK, lose the last pixels of single bits that fill no whole byte: such
    series are written with a byte a pixel, as a FRACTIONAL segmentation whose largest value is 1.

    Args:
        masks: One `(height, width)` a slice.
        sources: The file of each slice, in the same order: a series of files of one frame each.
        model: Name and version of the model, such as `lgg-segmentation v3`.
        patient: Pseudonym under which ingestion knows the patient.

    Returns:
        Content of the file.

    Raises:
        DamageError: When the series cannot be segmented in this format; the message says why.
        ValueError: When number or sizes of the masks are not those of the slices.

    Reference:
        DICOM PS3.3 A.51; Bridge et al. 2022, doi:10.1007/s10278-022-00683-y.
    """
    headers = read_series(sources, patient)
    rows, columns = headers[0].Rows, headers[0].Columns
    if len(masks) != len(headers) or any(mask.shape != (rows, columns) for mask in masks):
        msg = f"The series has {len(headers)} slices of {rows} x {columns} pixels: give a mask of that size for each."
        raise ValueError(msg)
    order = np.argsort(measure_heights(headers))
    pixels = np.stack([masks[place] for place in order]).astype(np.uint8)
    with guard("the series cannot be segmented in DICOM"):
        made = _segment(pixels, [headers[place] for place in order], model)
        _turn_frames(made, pixels)
        content = BytesIO()
        made.save_as(content, enforce_file_format=True)
    return content.getvalue()


def _segment(pixels: Plane, headers: list[Dataset], model: str) -> Segmentation:
    from highdicom.seg import Segmentation, SegmentationFractionalTypeValues, SegmentationTypeValues
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    kinds = SegmentationTypeValues
    made = Segmentation(
        source_images=headers,
        pixel_array=pixels,
        segmentation_type=kinds.FRACTIONAL if pixels.size % 8 else kinds.BINARY,
        fractional_type=SegmentationFractionalTypeValues.OCCUPANCY,
        max_fractional_value=1,
        segment_descriptions=[_describe_segment(model)],
        series_instance_uid=generate_uid(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="tumourflow",
        manufacturer_model_name=model[:_LONGEST],
        software_versions=__version__,
        device_serial_number="0",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        content_label="TUMOUR",
        # Series without a tumour are of the same form, and frames are slices for those who read nothing but pixels.
        omit_empty_frames=False,
    )
    made.PatientIdentityRemoved, made.DeidentificationMethod = "YES", _REMOVED
    return made


def _turn_frames(made: Segmentation, pixels: Plane) -> None:
    # highdicom sorts frames against the slices' normal, and readers that count frames would find another origin than the series has.
    frames = list(reversed(made.PerFrameFunctionalGroupsSequence))
    for number, frame in enumerate(frames, start=1):
        frame.FrameContentSequence[0].DimensionIndexValues = [1, number]
    made.PerFrameFunctionalGroupsSequence = frames
    packed = np.packbits(pixels, bitorder="little") if made.BitsAllocated == 1 else pixels
    made.PixelData = packed.tobytes() + b"\0" * (packed.size % 2)


def _describe_segment(model: str) -> SegmentDescription:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription
    from pydicom.sr.codedict import codes

    version = f"{__version__} {model}"[:_LONGEST]
    return SegmentDescription(
        segment_number=1,
        segment_label="tumour",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence("tumourflow", codes.DCM.ArtificialIntelligence, version),
    )
