"""The rows of a user's manifest."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tumourflow.cohorts.inside import enter, list_homes
from tumourflow.cohorts.separated import SeparatedError, read_separated
from tumourflow.errors import UserError

COLUMNS = ("path", "mask", "label", "patient", "site", "slice")

_NOTHING = frozenset({"na", "n/a", "#n/a", "nan", "<na>", "null"})
"""What programs write, in capitals or small letters, where a cell is empty."""


@dataclass(frozen=True)
class Row:
    """A line of the table: what it says of one image.

    Attributes:
        line: Its number in the file, the heading is 1.
        case_id: The image's path without its suffix, or with it where two images differ in nothing else.
        path: The image, relative to the folder where it lies in it, else as written.
        masks: Its masks, likewise.
        label: Class, or empty.
        patient: Or empty.
        site: Or empty.
        slice: Position in the patient's volume, or 0.
    """

    line: int
    case_id: str
    path: str
    masks: tuple[str, ...]
    label: str
    patient: str
    site: str
    slice: int


def find_table(root: Path, files: Sequence[Path]) -> Path:
    """Find the table on the top level of a folder.

    Args:
        root: The folder, for the sentence.
        files: Its files, relative to it.

    Returns:
        `manifest.csv`, or the only CSV file.

    Raises:
        UserError: When there is none, or several of which none has that name.
    """
    tables = [path for path in files if len(path.parts) == 1 and path.suffix.lower() == ".csv"]
    named = [path for path in tables if path.name == "manifest.csv"] or tables
    if len(named) == 1:
        return named[0]
    found = f"holds {len(tables)} tables: {', '.join(path.name for path in tables[:4])}" if tables else "holds no table"
    msg = f"{root} {found}. The one that lists the images is called `manifest.csv` with the columns {', '.join(COLUMNS)}."
    raise UserError(msg)


def read_table(root: Path, table: Path) -> list[Row]:
    """Read a manifest.

    Args:
        root: Folder of the table.
        table: Its name.

    Returns:
        One row for each line that is not empty.

    Raises:
        UserError: When the table cannot be read, has no column `path` or a misspelt one, or no line; when it may name patients in a column
            that is not known, or numbers slices of nobody; when a path is empty or named twice, a slice is no number, a patient or a label
            is what programs write for nothing, or a label is spelt in two ways.
    """
    try:
        names, lines = read_separated(root / table)
    except (SeparatedError, UnicodeDecodeError) as error:
        msg = f"`{table}` in {root} cannot be read as a table: {error}. Save it as CSV in UTF-8, with quotation marks around a cell that"
        raise UserError(msg + " holds the separator.") from None
    except OSError as error:
        msg = f"`{table}` in {root} cannot be opened ({error.strerror or type(error).__name__}): is it a link that leads nowhere?"
        raise UserError(msg) from None
    _require_columns(root, table, names)
    _require_patient(root, table, names)
    homes = list_homes(root)
    cells = [(number, _pick_cells(table, number, line, homes)) for number, line in lines]
    ids = _name_cases(line["path"] for _, line in cells)
    rows = [_make_row(table, number, line, case_id) for (number, line), case_id in zip(cells, ids, strict=True)]
    _require_rows(root, table, rows)
    return rows


def _require_columns(root: Path, table: Path, names: list[str]) -> None:
    for name in names:
        near = difflib.get_close_matches(name, COLUMNS, n=1, cutoff=0.75)
        if near and near[0] not in names:
            # A misspelt `patient` would make a patient of every image, and nobody would notice.
            msg = f"`{table}` in {root} has a column `{name}`, which is not known. Did you mean `{near[0]}`?"
            raise UserError(msg)
    if "path" not in names or any(count > 1 for name, count in Counter(names).items() if name):
        what = "has a column twice" if "path" in names else "has no column `path`"
        msg = f"`{table}` in {root} {what}: {', '.join(names)[:200]}. Columns are {', '.join(COLUMNS)}, separated by commas or semicolons."
        raise UserError(msg)


def _require_patient(root: Path, table: Path, names: list[str]) -> None:
    unknown = [name for name in names if name and name not in COLUMNS]
    if unknown and "patient" not in names:
        # One of them may name the patient in other words, and without it every slice would be a patient of its own.
        msg = (
            f"`{table}` in {root} has no column `patient`, but columns that are not known: {', '.join(unknown)[:200]}. Rename the one that"
        )
        raise UserError(msg + " names the patient to `patient`; if none does, remove them or add an empty column `patient`.")


def _pick_cells(table: Path, number: int, line: Mapping[str, str], homes: Iterable[PurePosixPath]) -> dict[str, str]:
    cells = {name: line.get(name, "") for name in COLUMNS}
    broken = next((name for name, cell in cells.items() if "\n" in cell or "\r" in cell), None)
    if broken:
        msg = f"Line {number} of `{table}` goes on in the next one, within `{broken}`. Close the quotation mark before."
        raise UserError(msg)
    _require_known(table, number, cells)
    masks = (mask.strip() for mask in cells["mask"].split(";"))
    inside = {"path": enter(cells["path"], homes), "mask": ";".join(enter(mask, homes) for mask in masks if mask)}
    return cells | inside


def _require_known(table: Path, number: int, cells: Mapping[str, str]) -> None:
    nothing = next((name for name in ("patient", "label") if cells[name].casefold() in _NOTHING), None)
    if nothing:
        # All whose patient nobody knows would be one patient, and their slices one volume.
        msg = f"Line {number} of `{table}` has the {nothing} `{cells[nothing]}`, which programs write where there is none. Leave the cell"
        raise UserError(msg + " empty, or write it otherwise if it is a name.")


def _name_cases(paths: Iterable[str]) -> list[str]:
    files = [PurePosixPath(path.replace("\\", "/")) for path in paths]
    often = Counter(file.with_suffix("") if file.name else file for file in files)
    return [str(file.with_suffix("") if file.name and often[file.with_suffix("")] == 1 else file) for file in files]


def _make_row(table: Path, number: int, cells: Mapping[str, str], case_id: str) -> Row:
    if not cells["path"]:
        msg = f"Line {number} of `{table}` has no `path`. Name an image, or remove the line."
        raise UserError(msg)
    # Data frames write 1.0 where another cell of the column is empty.
    written = cells["slice"].removesuffix(".0")
    if cells["slice"] and not (written.isdecimal() and len(written) < 10):
        msg = f"Line {number} of `{table}` has the slice {cells['slice']!r}, which is no whole number from 0 up."
        raise UserError(msg)
    masks = tuple(cells["mask"].split(";")) if cells["mask"] else ()
    slice_ = int(written or 0)
    return Row(number, case_id, cells["path"], masks, cells["label"], cells["patient"], cells["site"], slice_)


def _require_rows(root: Path, table: Path, rows: list[Row]) -> None:
    if not rows:
        msg = f"`{table}` in {root} has a heading and no line. Write one line for each image."
        raise UserError(msg)
    if any(row.slice for row in rows) and not any(row.patient for row in rows):
        # Neighbours in one volume would stand on both sides of the split.
        msg = f"`{table}` in {root} numbers slices, but names nobody whose they are. Fill in the column `patient`, or remove `slice`."
        raise UserError(msg)
    _require_one_spelling(table, rows)
    images: dict[str, Row] = {}
    for row in rows:
        first = images.setdefault(row.case_id, row)
        if first is not row:
            msg = f"Lines {first.line} and {row.line} of `{table}` name the same image: {row.path}. Keep one, with `;` between its masks."
            raise UserError(msg)
    masks = {PurePosixPath(mask): row for row in rows for mask in row.masks}
    for row in rows:
        if other := masks.get(PurePosixPath(row.path)):
            msg = f"`{table}` names {row.path} as an image (line {row.line}) and as a mask (line {other.line}). It can be only one."
            raise UserError(msg)


def _require_one_spelling(table: Path, rows: Iterable[Row]) -> None:
    labels: dict[str, str] = {}
    for row in rows:
        known = labels.setdefault(" ".join(row.label.casefold().split()), row.label)
        if known != row.label:
            msg = f"`{table}` writes a label as `{known}` and, in line {row.line}, as `{row.label}`: they would be two classes. Write them"
            raise UserError(msg + " alike.")
