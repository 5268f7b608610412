"""The cases of a large cohort in little memory."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import islice
from typing import Any, Generic, TypeVar, overload

from tumourflow.cohorts.case import Case, CohortIndex

Record = TypeVar("Record")

_CASES_AT_ONCE = 512
_NAMES_AT_ONCE = 64
"""Fewer, for names are also looked up out of order, each of which may unpack so many."""
_OPEN = 8_192
"""Records that stay unpacked: a case takes some 20 microseconds, which a cohort of usual size need not spend again and again."""

_Named = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A case's id, the files of its image, and those of its mask."""


class _Batches(Generic[Record]):
    """Records pickled and compressed, `at_once` of them together, but for the last ones; counted from 0."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._packed: list[bytes] = []
        # Bound to the list, not to the batches: who refers to himself stays in memory until Python looks for such circles.
        self._open = lru_cache(max(_OPEN // at_once, 1))(partial(_unpack, self._packed))

    def extend(self, records: list[Record]) -> None:
        """Add records: a multiple of `at_once`, unless they are the last."""
        for start in range(0, len(records), self._at_once):
            batch = records[start : start + self._at_once]
            self._packed.append(zlib.compress(pickle.dumps(batch, pickle.HIGHEST_PROTOCOL), 1))

    def __getitem__(self, place: int) -> Record:
        number, within = divmod(place, self._at_once)
        record: Record = self._open(number)[within]
        return record

    def __iter__(self) -> Iterator[Record]:
        for number in range(len(self._packed)):
            yield from self._open(number)


class PackedCases(Sequence[Case]):
    """Cases that lie pickled and compressed, some hundred together, and are unpacked for whoever asks.

    As objects, with their paths and loaders, they take some 2 KiB each, packed some 200 bytes. They are quickly read in order;
    out of order each one asked for may unpack some hundred.

    Attributes:
        named: Of each its `case_id`, the files of its image and those of its mask, for which no case has to be unpacked.
    """

    def __init__(self, cases: Iterable[Case]) -> None:
        """Pack cases, whose loaders can be pickled."""
        remaining = iter(cases)
        self.named: _Batches[_Named] = _Batches(_NAMES_AT_ONCE)
        self._cases: _Batches[Case] = _Batches(_CASES_AT_ONCE)
        self._length = 0
        for batch in iter(lambda: list(islice(remaining, _CASES_AT_ONCE)), []):
            self.named.extend(list(name_files(batch)))
            self._cases.extend(batch)
            self._length += len(batch)

    def __len__(self) -> int:
        """Count the cases."""
        return self._length

    @overload
    def __getitem__(self, position: int) -> Case: ...

    @overload
    def __getitem__(self, position: slice) -> tuple[Case, ...]: ...

    def __getitem__(self, position: int | slice) -> Case | tuple[Case, ...]:
        """Unpack one or several."""
        if isinstance(position, slice):
            return tuple(self[each] for each in range(*position.indices(len(self))))
        if not -len(self) <= position < len(self):
            msg = f"There are {len(self)} cases. Received: {position}."
            raise IndexError(msg)
        return self._cases[position % len(self)]

    def __iter__(self) -> Iterator[Case]:
        """Unpack all, one batch after the other."""
        return iter(self._cases)


def pack_index(index: CohortIndex) -> CohortIndex:
    """Pack the cases of an index, unless its reader has done so."""
    return index if isinstance(index.cases, PackedCases) else replace(index, cases=PackedCases(index.cases))


def name_files(cases: Sequence[Case]) -> Iterator[_Named]:
    """List of each case its id, the files of its image and those of its mask as text, in order; no case is unpacked for it."""
    return iter(cases.named) if isinstance(cases, PackedCases) else map(_name, cases)


def name_files_at(cases: Sequence[Case], place: int) -> _Named:
    """Give the same of a single case, counted from 0."""
    return cases.named[place] if isinstance(cases, PackedCases) else _name(cases[place])


def _unpack(packed: Sequence[bytes], number: int) -> Any:
    return pickle.loads(zlib.decompress(packed[number]))


def _name(case: Case) -> _Named:
    return case.case_id, tuple(map(str, case.images)), tuple(map(str, case.masks))
