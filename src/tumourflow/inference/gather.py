"""Whatever lies in an input, sorted into volumes and files that no model is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tumourflow.cohorts import cjdata
from tumourflow.cohorts.dicom import Pictures, index_pictures
from tumourflow.cohorts.listing import stamp_files
from tumourflow.cohorts.persons import conceal_file, hash_person, warn_of_place
from tumourflow.cohorts.series import Place, Series, load_slice
from tumourflow.cohorts.shown import DEFAULT_WINDOW
from tumourflow.errors import UserError
from tumourflow.imaging.dicom_beginning import read_person
from tumourflow.imaging.read import read_pixels
from tumourflow.inference.concealed import conceal_passed_over, conceal_volume
from tumourflow.inference.nifti import gather_nifti
from tumourflow.inference.place import InputPlace, describe_suffixes
from tumourflow.inference.reasons import as_sentence
from tumourflow.inference.volumes import (
    Form,
    InputSlice,
    InputVolume,
    PassedOver,
    group_by_patient,
    may_be_dicom,
    number_files,
    sort_files,
)
from tumourflow.options import IngestionOptions
from tumourflow.types import Pixels

MOST_TOGETHER = 512
"""Pictures of a folder that may be one patient's volume: a folder with more holds many patients, whose images are not held all at once."""


class Gathered(NamedTuple):
    """What there is of an input.

    Attributes:
        place: Where it lies.
        volumes: In the order of their patients; those of a patient follow one another.
        passed_over: Files that no model is shown.
    """

    place: InputPlace
    volumes: tuple[InputVolume, ...]
    passed_over: tuple[PassedOver, ...]


def gather_volumes(place: InputPlace, sequences: Sequence[str] = ()) -> Gathered:
    """Sort the files of an input into volumes.

    A folder below the input is a patient, else a file is; slices are in the order of the number at the end of their names. Of DICOM files
    the headers say whose they are, by a pseudonym, and how they follow one another. Where a name of a file tells what a header says a
    patient is called, or when born, it has a pseudonym, too.

    Args:
        place: What was named as input.
        sequences: Words at the ends of names, of NIfTI files that are the channels of one image.

    Returns:
        Each file is in a volume, or passed over.

    Raises:
        UserError: Where no file can be an image.
    """
    forms, passed_over = sort_files(place.files)
    stamps = stamp_files(place.root, place.files)
    dicom = index_pictures(place.root, forms.get("dicom", []), DEFAULT_WINDOW)
    # Of what has another suffix, such as `.001`, the name is written down, too; masks are not opened.
    beside = [file for file in set(place.files).difference(*forms.values()) if may_be_dicom(file)]
    persons = dicom.persons.union(*(hash_person(read_person(place.root / file)) for file in beside))
    warn_of_place(Path(place.name), "input", persons)
    volumes = [*_gather_pictures(place.root, forms, stamps)]
    nifti = gather_nifti(place.root, forms.get("nifti", []), stamps, sequences)
    for found in (*nifti, *_gather_dicom(place.root, dicom)):
        if isinstance(found, PassedOver):
            passed_over.append(found)
        else:
            volumes.append(found)
    volumes = [conceal_volume(volume, persons) for volume in volumes]
    passed_over = [conceal_passed_over(each, persons) for each in passed_over]
    if not volumes:
        first = passed_over[0]
        kinds = describe_suffixes([conceal_file(file, persons) for file in place.files])
        msg = f"`input` holds no image that can be read: {place.name} has {len(place.files)} files ({kinds}), "
        msg += f"and nothing but the like of `{first.source}`: {first.reason}"
        raise UserError(msg)
    ordered = sorted(volumes, key=lambda volume: volume.patient)
    return Gathered(place, tuple(ordered), tuple(sorted(passed_over, key=lambda each: each.source)))


def _gather_pictures(root: Path, forms: dict[Form, list[Path]], stamps: dict[Path, str]) -> Iterator[InputVolume]:
    loaders: dict[Form, Callable[[Path, IngestionOptions], Pixels]] = {"picture": _load_picture, "mat": cjdata.read_image}
    for form, load in loaders.items():
        for patient, files in group_by_patient(forms.get(form, [])):
            slices = [
                InputSlice(file.as_posix(), number, None, partial(load, root / file))
                for file, number in zip(files, number_files(files), strict=True)
            ]
            for start in range(0, len(files), MOST_TOGETHER):
                some = slice(start, start + MOST_TOGETHER)
                stamp = " ".join(stamps[file] for file in files[some])
                yield InputVolume(patient, form, root, tuple(files[some]), tuple(slices[some]), stamp)


def _gather_dicom(root: Path, found: Pictures) -> Iterator[InputVolume | PassedOver]:
    for file in found.strays:
        yield PassedOver(file.as_posix(), "unreadable", "No image by its suffix, and no DICOM file.")
    for each in found.rejected:
        yield PassedOver(each.file.as_posix(), "unreadable", as_sentence(each.evidence))
    for patient, series in found.series:
        frames = Counter(place.file for place in series.places)
        slices = (
            _show_frame(place, frames[place.file], position, partial(_load_series_slice, series, position))
            for position, place in enumerate(series.places)
        )
        # Another series of the patient may change how this one is shown.
        yield InputVolume(patient, "dicom", root, tuple(frames), tuple(slices), f"{series.stamp} {series.bits}")


def _load_picture(file: Path, window: IngestionOptions) -> Pixels:
    del window  # where there are fractions, `as_stored` applies it
    return read_pixels(file)


# What was gathered with the options of the defaults is read with those that are asked for.
def _load_series_slice(series: Series, position: int, window: IngestionOptions) -> Pixels:
    return load_slice(replace(series, options=window), position)


def _show_frame(place: Place, frames: int, position: int, load: Callable[[IngestionOptions], Pixels]) -> InputSlice:
    frame = place.frame.number if frames > 1 else None
    source = place.file.as_posix() if frame is None else f"{place.file.as_posix()}#{frame}"
    return InputSlice(source, position, place.frame.spacing, load, frame)
