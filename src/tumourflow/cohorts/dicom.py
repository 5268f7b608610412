"""DICOM files, however they lie in folders: headers say which slices make a series, and whose it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tumourflow.cohorts.case import Case, CohortIndex, Rejected
from tumourflow.cohorts.folder import require_files
from tumourflow.cohorts.headers import HeaderMemory, read_headers
from tumourflow.cohorts.listing import stamp_files
from tumourflow.cohorts.pseudonyms import disguise_stem, make_pseudonym, relate_pseudonyms
from tumourflow.cohorts.series import Place, Series, load_slice
from tumourflow.errors import UserError
from tumourflow.imaging.dicom import is_dicom, read_header
from tumourflow.imaging.dicom_header import Frame, Header
from tumourflow.imaging.read import TooLargeError
from tumourflow.options import IngestionOptions

LAYOUT = "DICOM files, in any folders (dicom)"

_SUFFIXES = frozenset({".dcm", ".dicom", ".ima"})
_DIRECTORIES = frozenset({"DICOMDIR"})


def read_dicom(root: Path, options: IngestionOptions, memory: HeaderMemory | None = None) -> CohortIndex:
    """Sort the slices of DICOM series into cases without masks.

    Patients are known by the pseudonym of their PatientID; nothing else that tells a person is read from a header. Ids that are probably
    one person's make a family. The slices of a series are ordered along its normal, else by InstanceNumber; the series of a patient follow
    one another.

    Args:
        root: Folder of the files.
        options: `window`, `window_low`, `window_high` and `bits` say how values beyond 8 bits are shown, alike in a whole series.
        memory: Headers that earlier runs have read.

    Returns:
        Every file below `root`. A case's id is `<pseudonym>/<series>-<slice>`, both counted from 1.

    Raises:
        UserError: When the folder is missing or empty, or no file is a DICOM picture of a known patient.
    """
    files = require_files(root, LAYOUT)
    directories = tuple(path for path in files if path.name in _DIRECTORIES)
    pictures = [path for path in files if path not in directories]
    found = read_headers(root, pictures, _look_at, lambda header: isinstance(header, Header), memory)
    headers = {path: header for path, header in found.items() if isinstance(header, Header)}
    rejected = [refused for refused in found.values() if isinstance(refused, Rejected)]
    strays = [path for path, header in found.items() if header is None]
    if not headers:
        reasons = "; ".join(dict.fromkeys(each.evidence for each in rejected)) or "none is a DICOM file"
        msg = f"`raw_root` holds no DICOM picture of a known patient: {root} has {len(files)} files ({reasons[:300]})."
        raise UserError(msg)
    return CohortIndex(
        root=root,
        cases=tuple(_make_cases(root, headers, options)),
        metadata=directories,
        strays=tuple(strays),
        rejected=tuple(rejected),
        window=options,
    )


class Pictures(NamedTuple):
    """DICOM files sorted into series.

    Attributes:
        series: Each with its patient, those of a patient side by side in their order.
        strays: Files that are no DICOM files.
        rejected: Files that cannot be used.
    """

    series: tuple[tuple[str, Series], ...]
    strays: tuple[Path, ...]
    rejected: tuple[Rejected, ...]


def index_pictures(root: Path, files: Iterable[Path], options: IngestionOptions) -> Pictures:
    """Sort DICOM files into series as `read_dicom` does, also those of patients that no header names.

    Args:
        root: Folder of the files.
        files: Relative to it.
        options: As `read_dicom` takes them.

    Returns:
        Series of patients under their pseudonyms; where there is no PatientID, what lies in one folder is of one patient, who goes by the
        pseudonym of that folder, and a file at the top is a patient by itself.
    """
    found = {path: _read(root, path) for path in files}
    headers = {
        path: replace(header, patient=make_pseudonym(header.patient or _place_of(path)))
        for path, header in found.items()
        if isinstance(header, Header)
    }
    return Pictures(
        tuple((patient, series) for patient, _, series in _list_series(root, headers, options)),
        tuple(path for path, header in found.items() if header is None),
        tuple(refused for refused in found.values() if isinstance(refused, Rejected)),
    )


def _place_of(path: Path) -> str:
    return path.as_posix() if path.parent == Path() else path.parent.as_posix()


def _look_at(root: Path, path: Path) -> Header | Rejected | None:
    found = _read(root, path)
    return _accept(path, found) if isinstance(found, Header) else found


def _read(root: Path, path: Path) -> Header | Rejected | None:
    try:
        if not is_dicom(root / path):
            return _refuse_other(root, path)
        header = read_header(root / path)
    except TooLargeError as error:
        return Rejected(path, "too_large", str(error))
    except ValueError as error:
        return Rejected(path, "undecodable", str(error))
    except OSError as error:
        return Rejected(path, "undecodable", f"the file cannot be opened ({type(error).__name__})")
    return header or Rejected(path, "stray", "a DICOM file without a picture")


def _accept(path: Path, header: Header) -> Header | Rejected:
    if not header.patient:
        return Rejected(path, "bad_patient_id", "PatientID is missing or no text")
    # From here on nobody knows the id, which may be a name: headers are kept on disk.
    return replace(header, patient=make_pseudonym(header.patient), stem=disguise_stem(header.patient))


def _refuse_other(root: Path, path: Path) -> Rejected | None:
    if path.suffix.lower() not in _SUFFIXES:
        return None
    if not (root / path).stat().st_size:
        return Rejected(path, "empty", "0 bytes")
    return Rejected(path, "undecodable", "no DICOM file, whatever its suffix says")


def _make_cases(root: Path, headers: dict[Path, Header], options: IngestionOptions) -> list[Case]:
    cases: list[Case] = []
    starts: dict[str, int] = {}
    families = relate_pseudonyms({header.patient: header.stem for header in headers.values()})
    for patient, number, made in _list_series(root, headers, options):
        start = starts.get(patient, 0)
        cases += [
            Case(
                case_id=f"{patient}/{number}-{position}",
                patient=patient,
                site="",
                slice=start + position,
                label="",
                image=place.file,
                masks=(),
                load_image=partial(load_slice, made, position - 1),
                family=families.get(patient, ""),
                spacing=place.frame.spacing,
                # How a series is shown follows from the others of its patient, too.
                state=f"{made.stamp} {made.bits}",
            )
            for position, place in enumerate(made.places, start=1)
        ]
        starts[patient] = start + len(made.places)
    return cases


def _list_series(root: Path, headers: dict[Path, Header], options: IngestionOptions) -> Iterator[tuple[str, int, Series]]:
    stamps = stamp_files(root, headers)
    for patient, group in groupby(_group_series(headers), key=lambda found: found[0]):
        made = [(number, _make_series(root, paths, headers, stamps, options)) for _, number, paths in group]
        # Values stay as they are stored only where they do in all series of a patient, whose slices are compared with one another.
        alike = len({series.bits for _, series in made}) == 1
        yield from ((patient, number, series if alike else replace(series, bits=0)) for number, series in made)


def _group_series(headers: dict[Path, Header]) -> Iterator[tuple[str, int, list[Path]]]:
    patients: dict[str, dict[tuple[int, str], list[Path]]] = {}
    for path, header in headers.items():
        series = patients.setdefault(header.patient, {})
        # Without an id a series is what lies in one folder.
        series.setdefault((header.series_number, header.series or path.parent.as_posix()), []).append(path)
    for patient in sorted(patients):
        for number, (_, paths) in enumerate(sorted(patients[patient].items()), start=1):
            yield patient, number, paths


def _make_series(
    root: Path, paths: Sequence[Path], headers: dict[Path, Header], stamps: dict[Path, str], options: IngestionOptions
) -> Series:
    frames = [(path, frame) for path in paths for frame in headers[path].frames]
    distances = _measure_distances([frame for _, frame in frames])

    def key(row: int) -> tuple[float, int, Path]:
        # Frames of a file stay in their order, and those of two files apart.
        path, _ = frames[row]
        return distances[row], headers[path].instance, path

    places = tuple(
        Place(path, frame, headers[path].inverted) for path, frame in (frames[row] for row in sorted(range(len(frames)), key=key))
    )
    bits = [headers[path].bits for path in paths]
    stamp = hashlib.sha256("\n".join(f"{path} {stamps[path]}" for path in paths).encode(errors="surrogateescape")).hexdigest()
    return Series(root, places, max(bits) if min(bits) > 0 else 0, options, stamp)


def _measure_distances(frames: Sequence[Frame]) -> list[float]:
    # Along the normal of the first slice, in tenths of a millimetre; all alike where any slice does not tell.
    if any(frame.position is None or frame.orientation is None for frame in frames):
        return [0.0] * len(frames)
    first = np.array(frames[0].orientation)
    normal = np.cross(first[:3], first[3:])
    return [round(float(np.dot(normal, frame.position or ())), 1) for frame in frames]
