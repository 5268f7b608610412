"""The pixels of a curated cohort, each once, under the key of their content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from tumourflow.cohorts.by_name import Places
from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.cohorts.persons import conceal_file
from tumourflow.cohorts.sharing import share_reading
from tumourflow.curation.canonical import canonical_image, canonical_mask
from tumourflow.errors import UserError
from tumourflow.imaging.content import content_key
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.png import encode_png
from tumourflow.types import Pixels


class _Source(NamedTuple):
    place: int
    is_mask: bool


class _Sources:
    """Where each content comes from: the place of its case in the index, and whether it is the mask.

    Keys lie in a column and are looked up by their first half as a number: a dictionary would take four times the room.

    Attributes:
        keys: Key of each content, once.
    """

    def __init__(self, contents: pd.DataFrame) -> None:
        self.keys: pd.Series[str] = contents["key"]
        self._places, self._is_mask = contents["place"].to_numpy(), contents["is_mask"].to_numpy()
        numbers = np.fromiter(map(_number, self.keys), np.uint64, len(contents))
        self._order = np.argsort(numbers)
        self._numbers = numbers[self._order]

    def find(self, key: str) -> _Source:
        number = np.uint64(_number(key))
        place = np.searchsorted(self._numbers, number)
        if place == len(self._numbers) or self._numbers[place] != number:
            raise KeyError(key)
        row = self._order[place]
        return _Source(int(self._places[row]), bool(self._is_mask[row]))


@dataclass(frozen=True)
class _Task:
    key: str
    file: Path
    load: Callable[[], Pixels]
    convert: Callable[[Pixels], Pixels]


@dataclass(frozen=True)
class CohortImages:
    """The images and masks of a cohort, none of which has been read yet; whoever stores them asks for those that are missing.

    Attributes:
        cases: Those of the index.
        sources: Where each content comes from.
        scheduler: Where decoding and encoding run, as `map_parallel` takes it.
        persons: What tells patients in names of files.
    """

    cases: Sequence[Case]
    sources: _Sources
    scheduler: str
    persons: frozenset[str] = frozenset()

    @property
    def keys(self) -> Iterator[str]:
        """Key of each content, once, in the order of the table of cases."""
        return iter(self.sources.keys)

    def encode(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Read some of the images and encode them as PNG.

        Args:
            keys: Any of `keys`.

        Yields:
            `(key, png)`: images uint8 or uint16 as they were decoded, masks uint8 of 0 and 255.

        Raises:
            UserError: If a file is no longer what it was when it was inspected.
        """
        # What belongs to one case may lie in one file, which is then opened once.
        sources = ((key, self.sources.find(key)) for key in keys)
        cases = groupby(sources, lambda pair: pair[1].place)
        tasks = (
            tuple(_make_task(self.cases[place], key, source.is_mask, self.persons) for key, source in of_case) for place, of_case in cases
        )
        return chain.from_iterable(map_parallel(_encode_case, tasks, self.scheduler))


def list_images(index: CohortIndex, cases: pd.DataFrame, scheduler: str) -> CohortImages:
    """List every image and mask of the table of cases, each content once.

    Args:
        index: The cohort.
        cases: The table of cases, made from this cohort.
        scheduler: As `map_parallel` takes it.
    """
    places = Places(index.cases)
    images = pd.DataFrame({"key": cases["image"].array, "place": [places[case_id] for case_id in cases["case_id"]], "is_mask": False})
    masks = images.assign(key=cases["mask"].array, is_mask=True)
    # A case's image before its mask, as one file may hold both.
    contents = pd.concat([images, masks[masks["key"] != ""]]).sort_index(kind="stable").drop_duplicates("key")
    return CohortImages(index.cases, _Sources(contents), scheduler, index.persons)


def _number(key: str) -> int:
    return int(key[:16], 16)


def _make_task(case: Case, key: str, is_mask: bool, persons: frozenset[str]) -> _Task:
    if is_mask and case.load_mask:
        # A file that holds image and mask has no file of the mask alone.
        return _Task(key, conceal_file((*case.masks, case.image)[0], persons), case.load_mask, canonical_mask)
    return _Task(key, conceal_file(case.image, persons), case.load_image, canonical_image)


def _encode_case(tasks: tuple[_Task, ...]) -> list[tuple[str, bytes]]:
    with share_reading():
        return [_encode(task) for task in tasks]


def _encode(task: _Task) -> tuple[str, bytes]:
    try:
        pixels = task.convert(task.load())
        unchanged = content_key(pixels) == task.key
    except (OSError, ValueError):
        unchanged = False
    # The store trusts its keys for ever, so a file that was overwritten meanwhile must not enter it.
    if not unchanged:
        msg = f"{task.file} changed after it was inspected: leave `raw_root` alone while a run is going on, and run again."
        raise UserError(msg)
    return task.key, encode_png(pixels)
