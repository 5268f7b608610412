"""The pixels of a curated cohort, each once, under the key of their content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tumourflow.cohorts.by_name import CasesByName
from tumourflow.cohorts.case import Case, CohortIndex
from tumourflow.cohorts.sharing import share_reading
from tumourflow.curation.canonical import canonical_image, canonical_mask
from tumourflow.errors import UserError
from tumourflow.imaging.content import content_key
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.png import encode_png
from tumourflow.types import Pixels


class _Source(NamedTuple):
    case_id: str
    is_mask: bool


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
        cases: By case id.
        sources: Where each content comes from, by its key.
        scheduler: Where decoding and encoding run, as `map_parallel` takes it.
    """

    cases: Mapping[str, Case]
    sources: Mapping[str, _Source]
    scheduler: str

    @property
    def keys(self) -> Sequence[str]:
        """Key of each content, once, in the order of the table of cases."""
        return list(self.sources)

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
        cases = groupby(keys, lambda key: self.sources[key].case_id)
        tasks = (tuple(_make_task(self.cases[case_id], key, self.sources[key].is_mask) for key in of_case) for case_id, of_case in cases)
        return chain.from_iterable(map_parallel(_encode_case, tasks, self.scheduler))


def list_images(index: CohortIndex, cases: pd.DataFrame, scheduler: str) -> CohortImages:
    """List every image and mask of the table of cases, each content once.

    Args:
        index: The cohort.
        cases: The table of cases, made from this cohort.
        scheduler: As `map_parallel` takes it.
    """
    sources: dict[str, _Source] = {}
    for case_id, image, mask in zip(cases["case_id"], cases["image"], cases["mask"], strict=True):
        sources.setdefault(image, _Source(case_id, is_mask=False))
        if mask:
            sources.setdefault(mask, _Source(case_id, is_mask=True))
    return CohortImages(CasesByName(index.cases), sources, scheduler)


def _make_task(case: Case, key: str, is_mask: bool) -> _Task:
    if is_mask and case.load_mask:
        # A file that holds image and mask has no file of the mask alone.
        return _Task(key, (*case.masks, case.image)[0], case.load_mask, canonical_mask)
    return _Task(key, case.image, case.load_image, canonical_image)


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
