"""Thumbnails of the cases of a cohort, some at a time, for all of them together would fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
import pandas as pd

from tumourflow.cohorts.by_name import CasesByName
from tumourflow.cohorts.case import CohortIndex
from tumourflow.curation.inspections import FactCache, Fingerprints
from tumourflow.curation.integrity import inspect_case
from tumourflow.imaging.perceptual_hash import Thumbnails
from tumourflow.imaging.thumbnail import SIDE
from tumourflow.options import IngestionOptions

ReadThumbnails: TypeAlias = Callable[[Sequence[str]], Thumbnails]
"""Takes case ids and gives their thumbnails, `(n, 48, 48)` uint8, all 0 where a case has none."""

_BATCH = 256


def take_from(facts: pd.DataFrame) -> ReadThumbnails:
    """Take thumbnails from a table.

    Args:
        facts: `case_id` and `thumbnail` (48 * 48 bytes, or none).
    """
    known = dict(zip(facts["case_id"], facts["thumbnail"], strict=True))
    return lambda case_ids: _unpack((known[case_id] for case_id in case_ids), len(case_ids))


def take_from_cache(index: CohortIndex, options: IngestionOptions, known: FactCache) -> ReadThumbnails:
    """Take thumbnails from what was kept of the inspections; a case of which nothing was kept is inspected again.

    Args:
        index: The cohort.
        options: How its files are read.
        known: Facts of the inspections.
    """
    cases = CasesByName(index.cases)
    fingerprints = cache(lambda: Fingerprints(index, options))

    def read(case_ids: Sequence[str]) -> Iterator[bytes]:
        for start in range(0, len(case_ids), _BATCH):
            batch = case_ids[start : start + _BATCH]
            facts = known.read({case_id: fingerprints()[case_id] for case_id in batch})
            for case_id in batch:
                yield bytes((facts.get(case_id) or inspect_case(cases[case_id]))["thumbnail"])  # type: ignore[arg-type]

    return lambda case_ids: _unpack(read(case_ids), len(case_ids))


def _unpack(thumbnails: Iterable[bytes], number: int) -> Thumbnails:
    unpacked = np.zeros((number, SIDE, SIDE), np.uint8)
    for place, each in enumerate(thumbnails):
        if len(each) == SIDE * SIDE:
            unpacked[place] = np.frombuffer(each, np.uint8).reshape(SIDE, SIDE)
    return unpacked
