"""The pixels of a curated cohort, each once, under the key of their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tumourflow.cohorts.case import CohortIndex
from tumourflow.curation.canonical import canonical_image, canonical_mask
from tumourflow.errors import UserError
from tumourflow.imaging.content import content_key
from tumourflow.imaging.parallel import map_parallel
from tumourflow.types import Pixels


@dataclass(frozen=True)
class _Source:
    key: str
    file: Path
    load: Callable[[], Pixels]
    convert: Callable[[Pixels], Pixels]


def stream_pixels(index: CohortIndex, cases: pd.DataFrame, scheduler: str) -> Iterator[tuple[str, Pixels]]:
    """Decode every image and mask of the table of cases, each content once.

    Args:
        index: The cohort.
        cases: The table of cases, made from this cohort.
        scheduler: As `map_parallel` takes it.

    Yields:
        `(key, pixels)`: images uint8 or uint16 as they were decoded, masks uint8 of 0 and 255.

    Raises:
        UserError: If a file is no longer what it was when it was inspected.
    """
    return map_parallel(_read, _list_sources(index, cases), scheduler)


def _list_sources(index: CohortIndex, cases: pd.DataFrame) -> list[_Source]:
    by_id = {case.case_id: case for case in index.cases}
    sources: dict[str, _Source] = {}
    for case_id, image, mask in zip(cases["case_id"], cases["image"], cases["mask"], strict=True):
        case = by_id[case_id]
        sources.setdefault(image, _Source(image, case.image, case.load_image, canonical_image))
        if mask and case.load_mask:
            sources.setdefault(mask, _Source(mask, case.masks[0], case.load_mask, canonical_mask))
    return list(sources.values())


def _read(source: _Source) -> tuple[str, Pixels]:
    try:
        pixels = source.convert(source.load())
        unchanged = content_key(pixels) == source.key
    except (OSError, ValueError):
        unchanged = False
    # The store trusts its keys for ever, so a file that was overwritten meanwhile must not enter it.
    if not unchanged:
        msg = f"{source.file} changed after it was inspected: leave `raw_root` alone while a run is going on, and run again."
        raise UserError(msg)
    return source.key, pixels
