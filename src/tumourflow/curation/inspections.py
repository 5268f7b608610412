"""Which cases have to be inspected, and which are as they were when they last were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pandas as pd
import PIL

import tumourflow
from tumourflow.cohorts.by_name import CasesByName, Places
from tumourflow.cohorts.case import CohortIndex
from tumourflow.cohorts.listing import watch_files
from tumourflow.curation.facts import Facts
from tumourflow.curation.integrity import inspect_case
from tumourflow.imaging.parallel import map_parallel
from tumourflow.options import IngestionOptions

# What inspection notes depends on nothing else in the options.
_WITHOUT_INFLUENCE = {"case_pattern", "channels", "lead_channel", "near_black"}
_READING = ("cohorts", "imaging", "curation/integrity.py", "curation/facts.py", "curation/canonical.py", "types.py")
_BATCH = 256
_DIGITS = 32


class FactCache(Protocol):
    """Facts of earlier inspections; whatever is lost is inspected again."""

    def find(self, fingerprints: Mapping[str, str]) -> set[str]:
        """Tell of which cases (ids) there are facts under just this fingerprint."""
        ...

    def read(self, fingerprints: Mapping[str, str]) -> dict[str, Facts]:
        """Read the facts of some cases, without those that are not there any more."""
        ...

    def write(self, fingerprints: Mapping[str, str], facts: Iterable[Facts]) -> None:
        """Keep facts of cases in place of what was known of them."""
        ...


def inspect_changed(index: CohortIndex, fingerprints: Fingerprints, known: FactCache, scheduler: str) -> Iterator[Facts]:
    """Inspect the cases whose files, options or way of reading have changed, and remember what was found.

    Args:
        index: The cohort.
        fingerprints: Of its cases.
        known: Facts of earlier inspections.
        scheduler: As `map_parallel` takes it.

    Yields:
        Facts of all cases in the order of the index, as `inspect_case` gives them.
    """
    cases = CasesByName(index.cases)
    unchanged = known.find(fingerprints)
    inspected = map_parallel(inspect_case, (cases[name] for name in cases if name not in unchanged), scheduler)
    for batch in fingerprints.list_batches():
        facts = known.read({name: fingerprint for name, fingerprint in batch.items() if name in unchanged})
        fresh: dict[str, Facts] = {}
        for name in batch:
            if name not in unchanged:
                fresh[name] = next(inspected)
            elif name not in facts:  # another run has written meanwhile
                fresh[name] = inspect_case(cases[name])
        known.write(batch, [each for each in fresh.values() if not (each["image_error"] or each["mask_error"])])
        yield from ((facts | fresh)[name] for name in batch)


def are_certain(inspections: pd.DataFrame) -> bool:
    """Tell whether every file could be read; one that could not may be readable tomorrow, as a disk may have been away."""
    return bool((inspections[["image_error", "mask_error"]] == "").all(axis=None))


class Fingerprints(Mapping[str, str]):
    """For each case id a text that changes whenever an inspection might give other facts.

    It is a hash of the case's files' names and states as they are now, of the options and of the code that reads files.
    """

    def __init__(self, index: CohortIndex, options: IngestionOptions) -> None:
        """Take the fingerprints of all cases of a cohort, whose files are read with these options."""
        self._places = Places(index.cases)
        tell_state = watch_files(index.root)
        common = json.dumps([options.model_dump(mode="json", exclude=_WITHOUT_INFLUENCE), _describe_code()], sort_keys=True)
        texts = (
            _hash([common, case.case_id, case.state, str(case.slice != 0), *(f"{file} {tell_state(file)}" for file in case.files)])
            for case in index.cases
        )
        # As an array they take a third of the room of texts.
        self._texts = np.fromiter(texts, f"S{_DIGITS}", len(index.cases))

    def __len__(self) -> int:
        """Count the cases."""
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        """List the case ids."""
        return iter(self._places)

    def __getitem__(self, case_id: str) -> str:
        """Look that of a case up."""
        return self._show(self._places[case_id])

    def list_batches(self) -> Iterator[dict[str, str]]:
        """List all of them in order, some hundred at a time, in a fraction of the time of looking each one up."""
        remaining = ((name, self._show(place)) for name, place in self._places.list_all())
        return iter(lambda: dict(islice(remaining, _BATCH)), {})

    def sum_up(self) -> str:
        """Give one of all of them together, in their order."""
        return hashlib.sha256(self._texts.tobytes()).hexdigest()

    def _show(self, place: int) -> str:
        return bytes(self._texts[place]).decode()


def _hash(texts: list[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode(errors="surrogateescape")).hexdigest()[:_DIGITS]


@cache
def _describe_code() -> str:
    # The sources themselves, as a number that somebody has to raise would one day not be raised.
    home = Path(tumourflow.__file__).parent
    files = sorted(file for name in _READING for file in ((home / name).rglob("*.py") if (home / name).is_dir() else [home / name]))
    return _hash([cv2.__version__, PIL.__version__, *(file.read_text() for file in files)])
