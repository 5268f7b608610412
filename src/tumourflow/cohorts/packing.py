"""The cases of a large cohort in little memory."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar, overload

from tumourflow.cohorts.case import Case, CaseFiles, CohortIndex

Found = TypeVar("Found")

_BETWEEN = "\0"
_AT_ONCE = 512
_OPEN = 16
"""Batches that stay unpacked: to unpack a case takes some 20 microseconds, which a cohort of usual size need not spend again and again."""


class PackedCases(Sequence[Case]):
    """Cases that lie pickled and compressed, some hundred together, and are unpacked for whoever asks.

    As objects, with their paths and loaders, they take some 2 KiB each, packed some 300 bytes. They are quickly read in order;
    out of order each one asked for may unpack some hundred.

    Attributes:
        names: Their `case_id`, in order.
        files: Image and masks of each, joined by what no name holds.
    """

    def __init__(self, cases: Iterable[Case]) -> None:
        """Pack cases, whose loaders can be pickled."""
        remaining = iter(cases)
        batches = iter(lambda: list(islice(remaining, _AT_ONCE)), [])
        self.names: list[str] = []
        self.files: list[str] = []
        self._packed: list[bytes] = []
        for batch in batches:
            self.names.extend(case.case_id for case in batch)
            self.files.extend(map(_join_files, batch))
            self._packed.append(zlib.compress(pickle.dumps(batch, pickle.HIGHEST_PROTOCOL), 1))
        self._open = lru_cache(_OPEN)(self._unpack)

    def __len__(self) -> int:
        """Count the cases."""
        return len(self.names)

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
        number, place = divmod(position % len(self), _AT_ONCE)
        return self._open(number)[place]

    def __iter__(self) -> Iterator[Case]:
        """Unpack all, one batch after the other."""
        for number in range(len(self._packed)):
            yield from self._open(number)

    def _unpack(self, number: int) -> list[Case]:
        cases: list[Case] = pickle.loads(zlib.decompress(self._packed[number]))
        return cases


def pack_index(index: CohortIndex) -> CohortIndex:
    """Pack the cases of an index."""
    return replace(index, cases=PackedCases(index.cases))


class _ByName(Mapping[str, Found]):
    def __init__(self, cases: Sequence[Case]) -> None:
        self._cases = cases
        names = cases.names if isinstance(cases, PackedCases) else [case.case_id for case in cases]
        self._positions: dict[str, int] = {}
        for position, name in enumerate(names):
            self._positions.setdefault(name, position)

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)


class CasesByName(_ByName[Case]):
    """The cases of an index by their `case_id`, in their order; of several with one name the first."""

    def __getitem__(self, case_id: str) -> Case:
        """Look one up."""
        return self._cases[self._positions[case_id]]


class FilesByName(_ByName[CaseFiles]):
    """The files of cases by `case_id`, for which no case has to be unpacked; of several with one name those of the first."""

    def __getitem__(self, case_id: str) -> CaseFiles:
        """Look those of one up."""
        position = self._positions[case_id]
        if not isinstance(self._cases, PackedCases):
            return self._cases[position]
        image, *masks = map(Path, self._cases.files[position].split(_BETWEEN))
        return _Files(case_id, image, tuple(masks))


class _Files(NamedTuple):
    case_id: str
    image: Path
    masks: tuple[Path, ...]


def _join_files(case: Case) -> str:
    return _BETWEEN.join(map(str, (case.image, *case.masks)))
