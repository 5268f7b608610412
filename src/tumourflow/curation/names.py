"""Names of files and cases: which are fit to name results after, and how the others are written down."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

from tumourflow.cohorts.case import Case, CohortIndex, Rejected
from tumourflow.cohorts.persons import conceal_file
from tumourflow.errors import UserError

# Unicode's categories of control characters, of bytes that are no text, and of line ends.
_UNWRITABLE = {"Cc", "Cs", "Zl", "Zp"}


def refuse_names(index: CohortIndex) -> CohortIndex:
    """Set aside the cases whose names are unfit for files of results, before anything is named after them.

    Args:
        index: The cohort.

    Returns:
        The cohort with the files of such cases among the rejected ones.

    Raises:
        UserError: If no case is left.
    """
    unfit = [case for case in index.cases if judge_names(case)]
    if not unfit:
        return index
    if len(unfit) == len(index.cases):
        msg = f"No case of {index.root} has a usable name ({judge_names(unfit[0])}): rename the files."
        raise UserError(msg)
    files = {file: judge_names(case) for case in unfit for file in case.files}
    rejected = tuple(Rejected(file, "unsafe_name", reason) for file, reason in files.items())
    fit = tuple(case for case in index.cases if not judge_names(case))
    return replace(index, cases=fit, rejected=(*index.rejected, *rejected))


def judge_names(case: Case) -> str:
    """Say what makes the names of a case unfit for files of results; empty where nothing does.

    Example:
        >>> from pathlib import Path
        >>> judge_names(Case("a/1", "a", "", 1, "", Path("a/..1.png"), (), load_image=lambda: None))
        'a name holds `..`'
    """
    for name in (case.case_id, case.patient, *(file.as_posix() for file in case.files)):
        odd = ".." if ".." in name else _find_unwritable(name)
        if odd:
            return "a name holds `..`" if odd == ".." else f"a name holds the character {odd!a}"
    return ""


def show_name(name: str) -> str:
    r"""Write a name on one line, whatever it holds; nearly every name stays as it is.

    Example:
        >>> show_name("anna.png"), show_name("an\nna.png")
        ('anna.png', 'an\\nna.png')
    """
    if not _find_unwritable(name):
        return name
    return "".join(sign.encode("unicode_escape").decode() if _find_unwritable(sign) or sign == "\\" else sign for sign in name)


def show_file(file: Path, persons: frozenset[str] = frozenset()) -> str:
    """Write the name of a file on one line, with pseudonyms in place of what names a person.

    Args:
        file: Relative to the cohort's root.
        persons: What tells patients in names of files, see `hash_person`.
    """
    return show_name(conceal_file(file, persons).as_posix())


def _find_unwritable(name: str) -> str:
    if name.isprintable():
        return ""
    return next((sign for sign in name if unicodedata.category(sign) in _UNWRITABLE), "")
