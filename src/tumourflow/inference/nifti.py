"""NIfTI files of an input become volumes: each by itself, or the sequences of a case together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from tumourflow.cohorts.nifti_scans import look_at_scan
from tumourflow.cohorts.nifti_sequences import Scan, name_scan
from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.cohorts.volume import Volume, load_volume_slice
from tumourflow.imaging.nifti_place import VolumeHeader, read_volume_header
from tumourflow.inference.reasons import as_sentence, say_why
from tumourflow.inference.sequences import join_files
from tumourflow.inference.volumes import InputSlice, InputVolume, PassedOver, name_patient
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels


def gather_nifti(
    root: Path, files: Iterable[Path], stamps: Mapping[Path, str], sequences: Sequence[str]
) -> Iterator[InputVolume | PassedOver]:
    """Make volumes of NIfTI files.

    Args:
        root: Folder of the input.
        files: Relative to it.
        stamps: State of each.
        sequences: As `join_files` takes them. All of a case have to be there and to lie in one place.

    Yields:
        Volumes, and files that no model is shown.
    """
    scans, beside = join_files(files, sequences)
    reason = f"Not one of the sequences that are joined ({', '.join(sequences)}), or a second file of one."
    for file in beside:
        yield PassedOver(file.as_posix(), "refused", reason)
    for scan in scans:
        header = _look_at(root, scan, sequences)
        if isinstance(header, VolumeHeader):
            yield _make_volume(root, scan, header, " ".join(stamps[file] for file in scan.values()))
        else:
            yield from header


def _look_at(root: Path, scan: Scan, sequences: Sequence[str]) -> VolumeHeader | list[PassedOver]:
    if "" not in scan:
        header = look_at_scan(root, scan, None, sequences)
        if isinstance(header, VolumeHeader):
            return header
        return [PassedOver(each.file.as_posix(), "unreadable", as_sentence(each.evidence)) for each in header]
    try:
        return read_volume_header(root / scan[""])
    except (OSError, ValueError) as error:
        return [PassedOver(scan[""].as_posix(), "unreadable", say_why(error))]


def _make_volume(root: Path, scan: Scan, header: VolumeHeader, stamp: str) -> InputVolume:
    files = tuple(scan.values())
    volume = Volume(tuple(root / file for file in files), header.plane, stamp, DEFAULT_WINDOW)
    slices = (
        InputSlice(f"{files[0].as_posix()}#{place}", place, header.spacing, partial(_load_slice, volume, place), frame=place)
        for place in range(header.shape[2])
    )
    # A folder of images, such as the Decathlon's `imagesTs`, is no patient, and no more is a sequence.
    patient = name_patient(Path(f"{name_scan(scan, None)}.nii"))
    return InputVolume(patient, "nifti", root, files, tuple(slices), stamp)


# What was gathered with the options of the defaults is read with those that are asked for.
def _load_slice(volume: Volume, position: int, window: IngestionOptions) -> Pixels:
    return load_volume_slice(replace(volume, options=window), position)
