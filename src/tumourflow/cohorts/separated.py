"""Tables as spreadsheets save them: columns that commas, semicolons or tabs separate, under a line of their names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

Line = tuple[int, dict[str, str]]
"""Number of the line on which a row begins, the heading is 1, and the row's cells by column."""


class SeparatedError(ValueError):
    """The text is no table."""


def read_separated(file: Path) -> tuple[list[str], list[Line]]:
    """Read a table.

    Args:
        file: UTF-8, with a byte order mark or without.

    Returns:
        Names of the columns in small letters, and the lines that are not empty; no cell has blanks around it.

    Raises:
        SeparatedError: When a quotation mark is not closed, or a line has more cells than the heading.
        UnicodeDecodeError: When it is not UTF-8.
    """
    with file.open("r", encoding="utf-8-sig", newline="") as stream:
        text = stream.readlines()
    rows = _read_rows(text)
    _, heading = next(rows, (1, []))
    names = [name.lower() for name in heading]
    return names, [(number, _name_cells(number, names, cells)) for number, cells in rows if any(cells)]


def find_separator(first: str) -> tuple[str, int]:
    """Find what separates the cells of a table.

    Args:
        first: Its first line.

    Returns:
        The separator, and how many lines stand before the heading: one, where it is that in which Excel names the separator.

    Example:
        >>> find_separator("path;mask"), find_separator("sep=;")
        ((';', 0), (';', 1))
    """
    told = re.fullmatch(r'"?sep=([,;\t])"?[,;\s]*', first)
    # Where the comma is a decimal mark, spreadsheets separate by semicolons. No heading has more of another mark than of its separator.
    return (told[1], 1) if told else (max(",;\t", key=first.count), 0)


def _read_rows(text: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    separator, before = find_separator(text[0] if text else "")
    reader = csv.reader(text[before:], delimiter=separator, strict=True)
    while True:
        number = reader.line_num + before + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            msg = f"a quotation mark in the row that begins on line {number} is not closed, or is one too many ({error})"
            raise SeparatedError(msg) from None
        if cells is None:
            return
        yield number, [cell.strip() for cell in cells]


def _name_cells(number: int, names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if any(cells[len(names) :]):
        # Which cell is the one too many nobody can know, and every cell behind it would stand in a wrong column.
        msg = f"line {number} has {len(cells)} cells, the heading has {len(names)}"
        raise SeparatedError(msg)
    return dict(zip(names, cells, strict=False))
