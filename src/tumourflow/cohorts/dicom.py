"""DICOM files, however they lie in folders: headers say which slices make a series, and whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tumourflow.cohorts.case import Case, CohortIndex, Rejected
from tumourflow.cohorts.dicom_files import look_at, look_at_known, unite_persons
from tumourflow.cohorts.drawn import Drawings, find_masks, require_chosen, sort_drawings
from tumourflow.cohorts.folder import require_files
from tumourflow.cohorts.headers import HeaderMemory, read_headers
from tumourflow.cohorts.persons import warn_of_place
from tumourflow.cohorts.pseudonyms import make_pseudonym, relate_pseudonyms
from tumourflow.cohorts.series import Series, load_slice
from tumourflow.cohorts.series_order import list_series
from tumourflow.errors import UserError
from tumourflow.imaging.dicom_header import Header
from tumourflow.imaging.dicom_masks import Segmentation
from tumourflow.options import IngestionOptions

LAYOUT = "DICOM files, in any folders (dicom)"

_DIRECTORIES = frozenset({"DICOMDIR"})


def read_dicom(root: Path, options: IngestionOptions, memory: HeaderMemory | None = None) -> CohortIndex:
    """Sort the slices of DICOM series into cases, with masks where DICOM Segmentations lie among them.

    Patients are known by the pseudonym of their PatientID; nothing else that tells a person is read from a header. Ids that are probably
    one person's make a family. The slices of a series are ordered along its normal, else by InstanceNumber; the series of a patient follow
    one another.

    Args:
        root: Folder of the files.
        options: `window`, `window_low`, `window_high` and `bits` say how values beyond 8 bits are shown, alike in a whole series;
            `lesion_values` chooses segments.
        memory: Headers that earlier runs have read.

    Returns:
        Every file below `root`. A case's id is `<pseudonym>/<series>-<slice>`, both counted from 1. A segmentation finds its slices by
        their SOPInstanceUID; on those of a series that it leaves out nothing was drawn. Where a series has one, those without are orphans.

    Raises:
        UserError: When the folder is missing or empty, no file is a DICOM picture of a known patient, or segmentations have several
            segments and `lesion_values` does not choose.
    """
    files = require_files(root, LAYOUT)
    directories = tuple(path for path in files if path.name in _DIRECTORIES)
    pictures = [path for path in files if path not in directories]
    looked = read_headers(root, pictures, look_at_known, lambda looked: isinstance(looked.found, Header | Segmentation), memory)
    found, persons = {path: each.found for path, each in looked.items()}, unite_persons(looked.values())
    warn_of_place(root, "raw_root", persons)
    headers = {path: header for path, header in found.items() if isinstance(header, Header)}
    rejected = [refused for refused in found.values() if isinstance(refused, Rejected)]
    strays = [path for path, header in found.items() if header is None]
    if not headers:
        reasons = "; ".join(dict.fromkeys(each.evidence for each in rejected)) or "none is a DICOM file"
        msg = f"`raw_root` holds no DICOM picture of a known patient: {root} has {len(files)} files ({reasons[:300]})."
        raise UserError(msg)
    drawings = sort_drawings(headers, {path: drawn for path, drawn in found.items() if isinstance(drawn, Segmentation)})
    require_chosen(root, drawings, options, persons)
    cases = _make_cases(root, headers, drawings, options)
    # Where somebody drew on any series, those without are not taken for free of tumour.
    alone = {case.image for case in cases if case.load_mask is None} if drawings.shapes else set()
    return CohortIndex(
        root=root,
        cases=tuple(case for case in cases if case.image not in alone),
        orphan_images=tuple(sorted(alone)),
        orphan_masks=drawings.orphans,
        metadata=directories,
        strays=tuple(strays),
        rejected=(*rejected, *drawings.rejected),
        window=options,
        persons=persons,
    )


class Pictures(NamedTuple):
    """DICOM files sorted into series.

    Attributes:
        series: Each with its patient, those of a patient side by side in their order.
        strays: Files that are no DICOM files.
        rejected: Files that cannot be used.
        persons: What tells their patients in names of files, see `hash_person`.
    """

    series: tuple[tuple[str, Series], ...]
    strays: tuple[Path, ...]
    rejected: tuple[Rejected, ...]
    persons: frozenset[str]


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
    looked = {path: look_at(root, path) for path in files}
    found = {path: each.found for path, each in looked.items()}
    headers = {
        path: replace(header, patient=make_pseudonym(header.patient or _place_of(path)))
        for path, header in found.items()
        if isinstance(header, Header)
    }
    return Pictures(
        tuple((patient, series) for patient, _, series in list_series(root, headers, options)),
        tuple(path for path, header in found.items() if header is None),
        tuple(_refuse_drawn(path, header) for path, header in found.items() if isinstance(header, Rejected | Segmentation)),
        unite_persons(looked.values()),
    )


def _place_of(path: Path) -> str:
    return path.as_posix() if path.parent == Path() else path.parent.as_posix()


def _refuse_drawn(path: Path, found: Rejected | Segmentation) -> Rejected:
    return found if isinstance(found, Rejected) else Rejected(path, "stray", "a segmentation, no picture")


def _make_cases(root: Path, headers: dict[Path, Header], drawings: Drawings, options: IngestionOptions) -> list[Case]:
    cases: list[Case] = []
    starts: dict[str, int] = {}
    families = relate_pseudonyms({header.patient: header.stem for header in headers.values()})
    for patient, number, made in list_series(root, headers, options):
        start = starts.get(patient, 0)
        drawn, loaders = find_masks(drawings, made, headers, options)
        cases += [
            Case(
                case_id=f"{patient}/{number}-{position}",
                patient=patient,
                site="",
                slice=start + position,
                label="",
                image=place.file,
                masks=drawn,
                load_image=partial(load_slice, made, position - 1),
                load_mask=loaders[position - 1] if drawn else None,
                family=families.get(patient, ""),
                spacing=place.frame.spacing,
                # How a series is shown follows from the others of its patient, too.
                state=f"{made.stamp} {made.bits}",
            )
            for position, place in enumerate(made.places, start=1)
        ]
        starts[patient] = start + len(made.places)
    return cases
