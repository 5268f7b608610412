"""Rows of numbers that lie on the disk, for all of them would fill the memory."""

from __future__ import annotations

from itertools import pairwise
from tempfile import TemporaryFile, gettempdir
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tumourflow.errors import UserError


class RowFile:
    """A table of numbers in a temporary file; in memory are only those rows that somebody asked for.

    A memory map would count as memory, page by page, until it is closed.

    Example:
        >>> with RowFile(2, np.int16) as table:
        ...     table.append(np.array([[1, 2], [3, 4], [5, 6]]))
        ...     table[np.array([2, 0])].tolist()
        [[5, 6], [1, 2]]
    """

    def __init__(self, columns: int, dtype: npt.DTypeLike) -> None:
        """Begin an empty table.

        Args:
            columns: How many.
            dtype: Of all numbers.
        """
        self._empty = np.empty((0, columns), dtype)
        self._length = 0
        self._file = TemporaryFile()  # noqa: SIM115  # closed with the table

    def __enter__(self) -> Self:
        """Use the table in a block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove it from the disk at its end."""
        self._file.close()

    def __len__(self) -> int:
        """Count the rows."""
        return self._length

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._length, self._empty.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self._empty.dtype

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows at the end.

        Raises:
            UserError: Where there is no room for them.
        """
        try:
            self._file.seek(0, 2)
            self._file.write(np.ascontiguousarray(rows, self.dtype).data)
            self._file.flush()
        except OSError as error:
            folder = gettempdir()
            msg = f"{folder} has no room for the search for duplicates ({error}): make some, or set TMPDIR to a folder that has."
            raise UserError(msg) from error
        self._length += len(rows)

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Read some rows, given by their numbers; those that follow one another are read at once."""
        found = np.empty((len(rows), *self._empty.shape[1:]), self.dtype)
        firsts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        for first, end in pairwise([*firsts.tolist(), len(rows)]):
            self._file.seek(int(rows[first]) * found.strides[0])
            if self._file.readinto(found[first:end].data) != found[first:end].nbytes:
                msg = f"Rows {rows[first]} to {rows[end - 1]} of {self._length} cannot be read."
                raise IndexError(msg)
        return found
