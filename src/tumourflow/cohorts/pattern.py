"""Who is who, read from the names of files by a regular expression."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tumourflow.errors import UserError
from tumourflow.options import IngestionOptions

_MOST_DIGITS = 18
"""A number of so many fits into 64 bits: a date with its time, too."""


def compile_pattern(case_pattern: str) -> re.Pattern[str]:
    """Compile `ingestion.case_pattern`.

    Args:
        case_pattern: Regular expression with the group `patient`.

    Returns:
        The compiled pattern.

    Raises:
        UserError: When it is no regular expression, or has no such group.
    """
    try:
        pattern = re.compile(case_pattern, re.DOTALL)  # a name may hold a line break, which the ledger tells of
    except re.error as error:
        msg = f"`ingestion.case_pattern` is no regular expression: {case_pattern!r} ({error})."
        raise UserError(msg) from None
    if "patient" not in pattern.groupindex:
        msg = f"`ingestion.case_pattern` has no group `patient`: {case_pattern!r}. Write (?P<patient>...) around the patient's name."
        raise UserError(msg)
    return pattern


def parse_name(root: Path, stem: str, file: Path, pattern: re.Pattern[str]) -> dict[str, str]:
    """Take a name apart.

    Args:
        root: Folder of the cohort, for the sentence that says what is wrong.
        stem: What the pattern is matched with: a path without its suffix.
        file: The file, relative to `root`.
        pattern: As `compile_pattern` made it.

    Returns:
        Text of each group that matched something, `patient` among them; `slice` is a decimal number.

    Raises:
        UserError: When the pattern does not match, or takes something for the slice that is no number.
    """
    match = pattern.fullmatch(stem)
    parts = {name: text for name, text in match.groupdict().items() if text} if match else {}
    if "patient" not in parts:
        msg = f"`{file}` in {root} does not match `ingestion.case_pattern`: {pattern.pattern!r} finds no patient in {stem!r}."
        raise UserError(msg)
    if not parts.get("slice", "0").isdecimal():
        msg = f"`{file}` in {root}: `ingestion.case_pattern` takes {parts['slice']!r} for the slice number, which is no number."
        raise UserError(msg)
    return parts


def refuse_number(parts: Mapping[str, str]) -> str:
    """Say why a slice's number is none that tables can hold; empty where they can.

    Args:
        parts: As `parse_name` gives them.

    Example:
        >>> refuse_number({"patient": "anna", "slice": "3"}), refuse_number({"patient": "anna", "slice": "1" * 19})
        ('', '`ingestion.case_pattern` takes 19 digits for the slice number, at most 18 are read')
    """
    digits = len(parts.get("slice", ""))
    if digits <= _MOST_DIGITS:
        return ""
    return f"`ingestion.case_pattern` takes {digits} digits for the slice number, at most {_MOST_DIGITS} are read"


def has_own_pattern(options: IngestionOptions) -> bool:
    """Tell whether somebody chose a pattern, for layouts whose names say nothing about patients unless somebody knows better."""
    default: str = IngestionOptions.model_fields["case_pattern"].default
    return options.case_pattern != default
