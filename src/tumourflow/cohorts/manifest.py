"""A CSV table says which file is what: path, mask, label, patient."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

from tumourflow.cohorts.case import Case, CohortIndex, Note, Rejected
from tumourflow.cohorts.folder import require_files
from tumourflow.cohorts.masks import mask_loader, note_files
from tumourflow.cohorts.table import Row, find_table, read_table
from tumourflow.imaging.read import read_pixels
from tumourflow.options import IngestionOptions

LAYOUT = "a table `manifest.csv` with the column `path`, and the files that it names (manifest)"


@dataclass(frozen=True)
class _Entry:
    """A row of the table whose paths were looked up: cases are made of those without a problem."""

    row: Row
    image: Path
    masks: tuple[Path, ...]
    problems: tuple[Rejected, ...]


def read_manifest(root: Path, options: IngestionOptions) -> CohortIndex:
    """Sort the files that a CSV table names into cases.

    Args:
        root: Folder of the table: `manifest.csv`, or the only CSV file on the top level. Its paths are relative to this folder, or
            lead into it.
        options: `lesion_values` is used where masks are united.

    Returns:
        Every file below `root`; what the table does not name is a stray. A row whose image or mask is missing or lies outside the folder
        gives a rejected file and no case; so does one without a patient where others have one.

    Raises:
        UserError: When folder or table is missing, the table cannot be read, or it names an image twice.
    """
    files = require_files(root, LAYOUT)
    table = find_table(root, files)
    rows = read_table(root, table)
    there = set(files) - {table}
    has_patients = any(row.patient for row in rows)
    forms = {unicodedata.normalize("NFC", path.as_posix()): path for path in there}
    entries = [_look_up(row, there, forms, has_patients) for row in rows]
    sound = [entry for entry in entries if not entry.problems]
    owners = _list_owners(sound)
    cases = [_make_case(root, entry, owners, options) for entry in sound]
    used = {file for case in cases for file in (case.image, *case.masks)}
    # Whoever lists all files of a folder lists the table, too: it stays what it is.
    taken = {table, *used}
    rejected = {problem.file: problem for entry in entries for problem in entry.problems if problem.file not in taken}
    return CohortIndex(
        root=root,
        cases=tuple(sorted(cases, key=lambda case: (case.patient, case.slice, case.case_id))),
        metadata=(table,),
        strays=tuple(path for path in files if path not in taken and path not in rejected),
        rejected=tuple(rejected[file] for file in sorted(rejected)),
        has_patients=has_patients,
    )


def _look_up(row: Row, there: set[Path], forms: Mapping[str, Path], has_patients: bool) -> _Entry:
    image = _find(row.path, there, forms)
    masks = tuple(dict.fromkeys(_find(mask, there, forms) for mask in row.masks))
    return _Entry(row, image, masks, tuple(_find_problems(row, image, masks, there, has_patients)))


def _find(text: str, there: set[Path], forms: Mapping[str, Path]) -> Path:
    path = Path(PurePosixPath(text))
    # Tables made on Windows.
    other = Path(PurePosixPath(text.replace("\\", "/")))
    if path in there or other in there:
        return path if path in there else other
    # Macs take accents from their letters in the names of files, and spreadsheets do not.
    return forms.get(unicodedata.normalize("NFC", other.as_posix()), path)


def _find_problems(row: Row, image: Path, masks: tuple[Path, ...], there: set[Path], has_patients: bool) -> Iterator[Rejected]:
    absent = {file: reason for file in (image, *masks) if (reason := _refuse(file, there))}
    yield from (Rejected(file, finding, f"{evidence} (line {row.line})") for file, (finding, evidence) in absent.items())
    present = [file for file in (image, *masks) if file not in absent]
    if image in absent:
        yield from (Rejected(mask, "orphan_mask", f"its image is no picture of the folder: {image} (line {row.line})") for mask in present)
    elif absent:
        missing = ", ".join(str(file) for file in absent)
        yield Rejected(image, "orphan_image", f"its mask is no picture of the folder: {missing} (line {row.line})")
        yield from (
            Rejected(mask, "orphan_mask", f"another mask is no picture of the folder: {missing} (line {row.line})") for mask in present[1:]
        )
    elif has_patients and not row.patient:
        yield from (Rejected(file, "bad_patient_id", f"the table names no patient (line {row.line})") for file in present)


def _refuse(file: Path, there: set[Path]) -> tuple[str, str] | None:
    # Windows' paths know both slashes.
    if file.is_absolute() or PureWindowsPath(file).drive or ".." in PureWindowsPath(file).parts:
        return "unsafe_name", "the table names a file outside the folder"
    return None if file in there else ("undecodable", "the table names a file that is not there")


def _list_owners(entries: Iterable[_Entry]) -> dict[Path, list[Path]]:
    owners: dict[Path, list[Path]] = {}
    for entry in entries:
        for mask in entry.masks:
            owners.setdefault(mask, []).append(entry.image)
    return owners


def _make_case(root: Path, entry: _Entry, owners: Mapping[Path, Sequence[Path]], options: IngestionOptions) -> Case:
    row, shared = entry.row, tuple(_note_sharing(entry, owners))
    return Case(
        case_id=row.case_id,
        patient=row.patient or row.case_id,
        site=row.site,
        slice=row.slice,
        label=row.label,
        image=entry.image,
        masks=entry.masks,
        load_image=partial(read_pixels, root / entry.image),
        load_mask=mask_loader(root, entry.masks, options),
        load_notes=partial(_note_files, root / entry.image, tuple(root / mask for mask in entry.masks), shared) if entry.masks else None,
        # What other lines say of a mask is in none of the case's files.
        state="; ".join(note.evidence for note in shared),
    )


def _note_sharing(entry: _Entry, owners: Mapping[Path, Sequence[Path]]) -> Iterator[Note]:
    for mask in entry.masks:
        if len(owners[mask]) > 1:
            first = next(image for image in owners[mask] if image != entry.image)
            more = f" and {len(owners[mask]) - 2} more" if len(owners[mask]) > 2 else ""
            yield Note("shared_mask", f"{mask} is the mask of {first}{more}")


def _note_files(image: Path, masks: tuple[Path, ...], shared: tuple[Note, ...]) -> tuple[Note, ...]:
    return (*note_files(image, masks), *shared)
