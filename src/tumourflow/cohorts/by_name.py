"""Cases of an index by their names, in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from tumourflow.cohorts.case import Case, CaseFiles
from tumourflow.cohorts.packing import name_files, name_files_at

Record = TypeVar("Record")


class Places(Mapping[str, int]):
    """Where in an index the case of a name stands; of several with one name the first. They are looked up by a hash.

    That takes 16 bytes a name, where a dictionary takes some 200.
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        """Hash the names of cases."""
        self._cases = cases
        hashes = np.fromiter((_hash(name) for name, *_ in name_files(cases)), np.uint64, len(cases))
        self._order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]
        self._repeated = set(self._find_repeated())

    def __len__(self) -> int:
        """Count the names."""
        return len(self._cases) - len(self._repeated)

    def __iter__(self) -> Iterator[str]:
        """List the names in the order of their cases."""
        return (name for name, _ in self.list_all())

    def __getitem__(self, name: str) -> int:
        """Look one up."""
        first, end = (int(np.searchsorted(self._hashes, np.uint64(_hash(name)), side)) for side in ("left", "right"))
        for place in map(int, self._order[first:end]):
            # Where no other has its hash, the name is not unpacked to be compared: of 2^64 hashes, none is met by chance.
            if end - first == 1 or name_files_at(self._cases, place)[0] == name:
                return place
        raise KeyError(name)

    def list_all(self) -> Iterator[tuple[str, int]]:
        """List names and places in order, in a fraction of the time of looking each one up."""
        return ((name, place) for place, (name, *_) in enumerate(name_files(self._cases)) if place not in self._repeated)

    def _find_repeated(self) -> Iterator[int]:
        alike = self._hashes[1:] == self._hashes[:-1]
        shared = {*self._order[1:][alike].tolist(), *self._order[:-1][alike].tolist()}
        seen: set[str] = set()
        for place, (name, *_) in enumerate(name_files(self._cases)) if shared else ():
            if place in shared and name in seen:
                yield place
            elif place in shared:
                seen.add(name)


class _ByName(Mapping[str, Record]):
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
        _, images, masks = name_files_at(self._cases, self._places[case_id])
        return _Files(case_id, tuple(map(Path, images)), tuple(map(Path, masks)))


class _Files(NamedTuple):
    case_id: str
    images: tuple[Path, ...]
    masks: tuple[Path, ...]

    @property
    def image(self) -> Path:
        return self.images[0]

    @property
    def files(self) -> tuple[Path, ...]:
        return self.images + self.masks


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest())
