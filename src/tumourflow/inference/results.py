"""Which volumes are new, in which order they are inspected, and what is kept of each."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tumourflow.inference.findings import Row, blank_row
from tumourflow.inference.gather import Gathered
from tumourflow.inference.masks import encode_masks
from tumourflow.inference.reading import Inspected, Reading, read_volumes
from tumourflow.inference.volumes import InputVolume, name_patient
from tumourflow.options import IngestionOptions

ENGINE = ("jax", "keras", "scipy", "scikit-learn", "tensorflow")
"""Libraries by which networks and what follows them compute."""
AT_ONCE = 64
"""Images that are inspected together, or a few more: full batches, be they of one patient or of many with an image each."""


class Result(NamedTuple):
    """What is kept of a volume.

    Attributes:
        rows: Columns of the table of findings, one row a slice.
        masks: Files of what was segmented, by name.
    """

    rows: list[Row]
    masks: dict[str, bytes]


class Results(Protocol):
    """Keeps results under names, each with a fingerprint of what it follows from."""

    def find(self, fingerprints: Mapping[str, str]) -> set[str]:
        """Tell of which names there is a result under just this fingerprint."""

    def read(self, name: str) -> Any:
        """Read the result of a name."""

    def write(self, results: Iterable[tuple[str, str, Any]]) -> None:
        """Keep results."""


def name_volumes(gathered: Gathered) -> dict[str, InputVolume]:
    """Give each volume of an input a name of its own."""
    names = (f"{gathered.place.name}\n{volume.patient}\n{volume.slices[0].source}" for volume in gathered.volumes)
    return dict(zip(names, gathered.volumes, strict=True))


def describe_engine() -> list[tuple[str, str]]:
    """Tell the backend that is asked for, and the versions of what there is of `ENGINE`."""
    found = {(each.name, each.version) for each in distributions() if each.name in ENGINE}
    return [("backend", os.environ.get("KERAS_BACKEND", "")), *sorted(found)]


def take_fingerprints(volumes: Mapping[str, InputVolume], common: str) -> dict[str, str]:
    """Compute what the results of volumes follow from.

    Args:
        volumes: By name.
        common: Fingerprint of all that they are inspected with.

    Returns:
        By name, a hash that changes with the files and with what they are inspected with.
    """
    return {
        name: hashlib.sha256(f"{common}\n{volume.stamp}\n{volume.slices}".encode(errors="surrogateescape")).hexdigest()
        for name, volume in volumes.items()
    }


def inspect_new(
    volumes: Mapping[str, InputVolume],
    fingerprints: Mapping[str, str],
    results: Results,
    inspect: Callable[[Sequence[Reading]], list[Inspected]],
    scheduler: str,
    window: IngestionOptions,
) -> Iterator[tuple[str, Result]]:
    """Give the result of every volume; those that are not known yet are inspected, a few at a time, and kept at once.

    Args:
        volumes: By name.
        fingerprints: By name.
        results: What earlier runs have kept.
        inspect: Inspects what was read; it is not called where nothing is new.
        scheduler: Where images are read.
        window: How values beyond 8 bits are shown while they are sorted.

    Yields:
        Each volume's name and result.
    """
    known = results.find(fingerprints)
    names = [name for name in volumes if name not in known]
    readings = read_volumes([volumes[name] for name in names], scheduler, window)
    for some in _gather(zip(names, readings, strict=True)):
        found = [_keep(each) for each in inspect([reading for _, reading in some])]
        kept = [(name, _certify(fingerprints[name], each), each) for (name, _), each in zip(some, found, strict=True)]
        results.write(kept)
        yield from ((name, each) for name, _, each in kept)
    for name in volumes:
        if name in known:
            yield name, results.read(name)


def list_rows(gathered: Gathered, results: Results) -> Iterator[Row]:
    """Give the rows of the table of findings.

    Args:
        gathered: The input.
        results: They hold all of its volumes.

    Yields:
        Rows of images, patient by patient, then of files that are none; `slice` counts the images of a patient from 0.
    """
    counted: Counter[str] = Counter()
    for name, volume in name_volumes(gathered).items():
        for row in results.read(name).rows:
            yield row | {"slice": counted[volume.patient]}
            counted[volume.patient] += 1
    for each in gathered.passed_over:
        yield blank_row(each.source, name_patient(Path(each.source)), status=each.status, reason=each.reason)


def _certify(fingerprint: str, result: Result) -> str:
    # What could not be read may be readable tomorrow, though its file stays as it is: a disk may have been away.
    return "" if any(row["status"] == "unreadable" for row in result.rows) else fingerprint


def _keep(inspected: Inspected) -> Result:
    masks = encode_masks(inspected)
    return Result(inspected.rows, masks)


def _gather(readings: Iterable[tuple[str, Reading]]) -> Iterator[list[tuple[str, Reading]]]:
    gathered: list[tuple[str, Reading]] = []
    for each in readings:
        gathered.append(each)
        if sum(len(reading.images) for _, reading in gathered) >= AT_ONCE:
            yield gathered
            gathered = []
    if gathered:
        yield gathered
