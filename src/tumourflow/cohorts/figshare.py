"""The layout of the figshare brain tumour cohort: a MAT file a slice, in one folder or in the four of its archive."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from tumourflow.cohorts.case import Case, CohortIndex, Rejected
from tumourflow.cohorts.cjdata import read_image
from tumourflow.cohorts.cjdata_header import Header, read_header
from tumourflow.cohorts.folder import describe, require_files
from tumourflow.cohorts.hdf5 import UnreadableError
from tumourflow.cohorts.headers import HeaderMemory, read_headers
from tumourflow.cohorts.official_folds import read_folds
from tumourflow.cohorts.outline import note_outline, read_mask
from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

LAYOUT = "`<number>.mat`, in one folder or in the four of the archive, and `cvind.mat` (figshare)"

_FOLDS = "cvind.mat"
_NOTES = frozenset({"readme.txt", "readme.md"})
_ARCHIVE = re.compile(r"brainTumorDataPublic_(?P<first>\d+)-(?P<last>\d+)\.zip")
# As published; the few smaller images were measured otherwise.
_SPACING = {(512, 512): (0.49, 0.49)}


def read_figshare(root: Path, options: IngestionOptions, memory: HeaderMemory | None = None) -> CohortIndex:
    """Sort the files of the figshare cohort into cases; patient and label are read from each, pixels are not.

    Args:
        root: Folder that holds MAT files, at any depth.
        options: `window`, `window_low`, `window_high` and `bits` say how the grey values are stored.
        memory: Headers that earlier runs have read.

    Returns:
        Every file below `root`; a case's id is its file's name without the suffix, cases are in the order of their numbers. Files that are
        no case are among `rejected`. Archives count as metadata where their files lie beside them.

    Raises:
        UserError: When the folder is missing, empty or of another layout, when two files would be the same case, or none can be read.
    """
    files = require_files(root, LAYOUT)
    candidates = sorted((path for path in files if _is_candidate(path)), key=_order)
    _require_candidates(root, candidates, files)
    found = read_headers(root, candidates, _look_at, lambda header: isinstance(header, Header), memory)
    headers = {path: header for path, header in found.items() if isinstance(header, Header)}
    rejected = [refused for refused in found.values() if isinstance(refused, Rejected)]
    _require_cases(root, headers, rejected)
    folds, metadata, broken = _read_folds(root, files)
    cases = tuple(_make_case(root, path, header, folds, options) for path, header in headers.items())
    metadata += [path for path in files if path.name.lower() in _NOTES or _is_unpacked(path, {case.case_id for case in cases})]
    known = {*candidates, *metadata, *(each.file for each in broken)}
    strays = tuple(path for path in files if path not in known)
    return CohortIndex(root=root, cases=cases, metadata=tuple(metadata), strays=strays, rejected=(*rejected, *broken), window=options)


def _is_candidate(path: Path) -> bool:
    return path.suffix.lower() == ".mat" and path.name != _FOLDS and not path.name.startswith(".")


def _order(path: Path) -> tuple[float, str]:
    number = _number(path.stem)
    return (float("inf") if number is None else number), path.as_posix()


def _number(stem: str) -> int | None:
    return int(stem) if stem.isascii() and stem.isdigit() and len(stem) < 10 else None


def _look_at(root: Path, path: Path) -> Header | Rejected:
    try:
        header = read_header(root / path)
    except UnreadableError as error:
        return Rejected(path, error.finding, str(error))
    except OSError as error:
        return Rejected(path, "undecodable", f"the file cannot be opened ({error.strerror or type(error).__name__})")
    return header if header.has_outline else Rejected(path, "orphan_image", "there is neither a mask nor a border")


def _read_folds(root: Path, files: list[Path]) -> tuple[list[int], list[Path], list[Rejected]]:
    found = [path for path in files if path.name == _FOLDS]
    folds: list[int] = []
    broken: list[Rejected] = []
    for path in found[:1]:
        try:
            folds = read_folds(root / path)
        except OSError as error:
            broken = [Rejected(path, "undecodable", f"the file cannot be opened ({type(error).__name__})")]
        except ValueError as error:
            broken = [Rejected(path, "undecodable", str(error))]
    return folds, [path for path in found[:1] if not broken], broken


def _is_unpacked(path: Path, case_ids: set[str]) -> bool:
    match = _ARCHIVE.fullmatch(path.name)
    return match is not None and any(str(number) in case_ids for number in range(int(match["first"]), int(match["last"]) + 1))


def _make_case(root: Path, path: Path, header: Header, folds: list[int], options: IngestionOptions) -> Case:
    number = _number(path.stem)
    return Case(
        case_id=path.stem,
        patient=header.patient,
        site="",
        slice=0,
        label=header.label,
        image=path,
        masks=(),
        load_image=partial(read_image, root / path, options),
        load_mask=partial(read_mask, root / path),
        load_notes=partial(note_outline, root / path),
        official_fold=folds[number - 1] if number and number <= len(folds) else -1,
        spacing=_SPACING.get((header.height, header.width)),
    )


def _require_candidates(root: Path, candidates: list[Path], files: list[Path]) -> None:
    if not candidates:
        hint = "unpack the archives first" if any(path.suffix.lower() == ".zip" for path in files) else "choose `ingestion.reader` to suit"
        msg = f"`raw_root` has another layout: {root} holds {describe(files)}. It should hold {LAYOUT}; {hint}."
        raise UserError(msg)
    places: dict[str, Path] = {}
    for path in candidates:
        if path.stem in places:
            msg = f"Two files would be the same case: `{places[path.stem]}` and `{path}` in {root}. Remove or rename one."
            raise UserError(msg)
        places[path.stem] = path


def _require_cases(root: Path, headers: dict[Path, Header], rejected: list[Rejected]) -> None:
    if not headers:
        first = rejected[0]
        msg = f"None of {len(rejected)} MAT files in {root} can be read; of `{first.file}`: {first.evidence}. They should be {LAYOUT}."
        raise UserError(msg)
