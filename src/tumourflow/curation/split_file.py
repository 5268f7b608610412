"""A split that somebody else has decided."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from tumourflow.cohorts.folder import is_there
from tumourflow.cohorts.separated import find_separator
from tumourflow.curation.splits import SPLITS
from tumourflow.errors import UserError

_COLUMNS = ["patient_id", "split"]
_NAMED = 5


def split_by_file(cases: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Impose the split that a CSV file of `patient_id, split` gives.

    Args:
        cases: The table of cases.
        file: One row a patient; split is `train`, `validation` or `test`. Test may be empty. Further columns are not looked at.

    Returns:
        `case_id, patient, split, fold` in the order of `cases`; fold is -1.

    Raises:
        UserError: In one sentence, if the file is missing or no such table, names a split that does not exist, a patient twice or one
            that the cohort does not have, leaves out a patient of the cohort, or leaves nobody to train on or to validate with.
    """
    table = _read(file)
    _check_names(table, file)
    _check_patients(set(table["patient_id"]), set(cases["patient"]), file)
    for name in ("train", "validation"):
        if not (table["split"] == name).any():
            raise _error(file, f"has no patient in `{name}`", "Add at least one; only `test` may be empty.")
    names = dict(zip(table["patient_id"], table["split"], strict=True))
    return cases[["case_id", "patient"]].assign(split=cases["patient"].map(names), fold=-1)


def require_split_file(file: Path) -> None:
    """Make sure that there is such a file.

    Args:
        file: What `split_file` names, here or in a store.

    Raises:
        UserError: Where there is none.
    """
    if not is_there(file, "split_file"):
        raise _error(file, "does not exist", "Name a CSV file with the columns patient_id and split.")


def _read(file: Path) -> pd.DataFrame:
    require_split_file(file)
    try:
        with file.open("rb") as stream, warnings.catch_warnings():
            # Cells beyond the last name are further columns; without `index_col` pandas would take the first column for names of rows.
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            text = stream.read().decode("utf-8-sig")
            separator, before = find_separator(text.partition("\n")[0])
            text = text.split("\n", before)[-1]
            table = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, skipinitialspace=True, index_col=False)
    except (OSError, ValueError) as error:
        raise _error(file, f"cannot be read ({error})", "It should be a CSV file with the columns patient_id and split.") from None
    missing = [column for column in _COLUMNS if column not in table.columns]
    if missing:
        found = ", ".join(str(column) for column in table.columns)
        raise _error(file, f"has no column {' and '.join(missing)} (found: {found})", "Its first line should be: patient_id,split")
    return pd.DataFrame({column: table[column].str.strip() for column in _COLUMNS})


def _check_names(table: pd.DataFrame, file: Path) -> None:
    wrong = table[~table["split"].isin(SPLITS)]
    if len(wrong):
        row = wrong.iloc[0]
        raise _error(file, f"puts patient {row['patient_id']!r} into {row['split']!r}", f"Splits are {', '.join(SPLITS)}.")
    repeated = table.loc[table["patient_id"].duplicated(), "patient_id"]
    if len(repeated):
        raise _error(file, f"names {_list(repeated)} more than once", "Write one row for each patient.")


def _check_patients(named: set[str], known: set[str], file: Path) -> None:
    if unknown := named - known:
        raise _error(
            file,
            f"names {_list(unknown)}, of whom the cohort has no usable case",
            "Remove these rows or mend `raw_root`; DICOM patients go by the pseudonyms of the table of cases.",
        )
    if missing := known - named:
        raise _error(file, f"leaves out {_list(missing)} of the cohort", "Write a row for each patient.")


def _list(patients: Iterable[str]) -> str:
    names = sorted(set(patients))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"patient{'s' if len(names) > 1 else ''} {', '.join(names[:_NAMED])}{more}"


def _error(file: Path, found: str, remedy: str) -> UserError:
    return UserError(f"`split_file` {file} {found}. {remedy}")
