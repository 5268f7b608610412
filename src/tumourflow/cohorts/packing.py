"""The cases of a large cohort in little memory."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar, overload

import numpy as np

from tumourflow.cohorts.case import Case, CaseFiles, CohortIndex

Item = TypeVar("Item")

_AT_ONCE = 512
_OPEN = 16
"""Batches that stay unpacked: to unpack a case takes some 20 microseconds, which a cohort of usual size need not spend again and again."""

_Named = tuple[str, ...]
"""A case's id, its image, and its masks."""


class _Batches(Generic[Item]):
    """Items pickled and compressed, some hundred together."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._open = lru_cache(_OPEN)(self._unpack)

    def append(self, batch: list[Item]) -> None:
        self._packed.append(zlib.compress(pickle.dumps(batch, pickle.HIGHEST_PROTOCOL), 1))

    def __getitem__(self, position: int) -> Item:
        number, place = divmod(position, _AT_ONCE)
        return self._open(number)[place]

    def __iter__(self) -> Iterator[Item]:
        for number in range(len(self._packed)):
            yield from self._open(number)

    def _unpack(self, number: int) -> list[Item]:
        batch: list[Item] = pickle.loads(zlib.decompress(self._packed[number]))
        return batch


class PackedCases(Sequence[Case]):
    """Cases that lie pickled and compressed, some hundred together, and are unpacked for whoever asks.

    As objects, with their paths and loaders, they take some 2 KiB each, packed some 200 bytes. They are quickly read in order;
    out of order each one asked for may unpack some hundred.

    Attributes:
        named: Of each its `case_id`, its image and its masks, for which no case has to be unpacked.
    """

    def __init__(self, cases: Iterable[Case]) -> None:
        """Pack cases, whose loaders can be pickled."""
        remaining = iter(cases)
        self.named: _Batches[_Named] = _Batches()
        self._cases: _Batches[Case] = _Batches()
        self._length = 0
        for batch in iter(lambda: list(islice(remaining, _AT_ONCE)), []):
            self.named.append(list(name_files(batch)))
            self._cases.append(batch)
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
    """Pack the cases of an index."""
    return replace(index, cases=PackedCases(index.cases))


def name_files(cases: Sequence[Case]) -> Iterable[_Named]:
    """List of each case its id, its image and its masks as text, in order; no case is unpacked for it."""
    if isinstance(cases, PackedCases):
        return cases.named
    return ((case.case_id, *map(str, (case.image, *case.masks))) for case in cases)


class Places(Mapping[str, int]):
    """Where in an index the case of a name stands; of several with one name the first. They are looked up by a hash.

    That takes 16 bytes a name, where a dictionary takes some 200. Names whose hashes are equal are told apart as long as they are there.
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        """Hash the names of cases."""
        self._cases = cases
        hashes = np.fromiter((_hash(name) for name, *_ in name_files(cases)), np.uint64, len(cases))
        self._order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]
        alike = self._order[1:][self._hashes[1:] == self._hashes[:-1]].tolist()
        self._repeated = {place for place in alike if self[self._name(place)] != place}

    def __len__(self) -> int:
        """Count the names."""
        return len(self._cases) - len(self._repeated)

    def __iter__(self) -> Iterator[str]:
        """List the names in the order of their cases."""
        return (name for name, _ in self.list_all())

    def __getitem__(self, name: str) -> int:
        """Look one up."""
        first, end = (int(np.searchsorted(self._hashes, np.uint64(_hash(name)), side)) for side in ("left", "right"))
        for place in self._order[first:end].tolist():
            if end - first == 1 or self._name(place) == name:
                return int(place)
        raise KeyError(name)

    def list_all(self) -> Iterator[tuple[str, int]]:
        """List names and places in order, in a fraction of the time of looking each one up."""
        return ((name, place) for place, (name, *_) in enumerate(name_files(self._cases)) if place not in self._repeated)

    def _name(self, place: int) -> str:
        return self._cases.named[place][0] if isinstance(self._cases, PackedCases) else self._cases[place].case_id


class _ByName(Mapping[str, Item]):
    def __init__(self, cases: Sequence[Case]) -> None:
        self._cases = cases
        self._places = Places(cases)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)


class CasesByName(_ByName[Case]):
    """The cases of an index by their `case_id`, in their order; of several with one name the first."""

    def __getitem__(self, case_id: str) -> Case:
        """Look one up."""
        return self._cases[self._places[case_id]]


class FilesByName(_ByName[CaseFiles]):
    """The files of cases by `case_id`, for which no case has to be unpacked; of several with one name those of the first."""

    def __getitem__(self, case_id: str) -> CaseFiles:
        """Look those of one up."""
        place = self._places[case_id]
        if not isinstance(self._cases, PackedCases):
            return self._cases[place]
        _, image, *masks = self._cases.named[place]
        return _Files(case_id, Path(image), tuple(map(Path, masks)))


class _Files(NamedTuple):
    case_id: str
    image: Path
    masks: tuple[Path, ...]


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest())
