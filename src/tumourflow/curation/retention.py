"""Which stored versions nothing refers to any more, so that they may be removed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

Manifest = Mapping[str, Any]
"""What a finished run names: `versions`, `inputs`, `outputs`, each version by dataset; `places`, where each dataset lies."""

MANIFEST = "run_manifest"
REFERS_TO = "refers_to"
"""Under which key a report names the versions that it was made from."""

YOUNGEST = timedelta(days=1)
"""What is younger is never removed, for a run that no server knows of may be under way."""
LONGEST_RUN = timedelta(days=15)
"""A run that MLflow has as running for longer was killed: no training may take more than 14 days."""

COLUMNS = ["dataset", "version", "files", "bytes", "reason"]
UNFINISHED = "left behind by a run that was killed"
NEVER_FINISHED = "made by a run that never finished"
NOT_KEPT = "its run was deleted, or is unknown to this MLflow"
ORPHANED = "no table of cases that is kept points at them"


@dataclass(frozen=True)
class Kept:
    """What is referred to.

    Attributes:
        folders: Dataset, as `<layer>/<cohort>/<name>`, and version.
        versions: Versions of which everything is kept, since it is not known where what they name lies.
    """

    folders: frozenset[tuple[str, str]]
    versions: frozenset[str]

    def holds(self, dataset: str, version: str) -> bool:
        """Tell whether a version of a dataset is referred to."""
        return version in self.versions or (dataset, version) in self.folders


def keep_named(manifests: Iterable[Manifest], references: Iterable[tuple[str, str]] = ()) -> Kept:
    """Gather what manifests and reports name.

    Args:
        manifests: Of all runs that are kept.
        references: Name and version of datasets that reports refer to.

    Returns:
        What is kept, the manifests themselves among it. A name whose place no manifest knows keeps all of its version.
    """
    folders: set[tuple[str, str]] = set()
    versions: set[str] = set()
    everywhere: dict[str, set[str]] = {}
    for manifest in manifests:
        places = manifest.get("places", {})
        for name, version in named_versions(manifest):
            _keep(folders, versions, places.get(name), version)
        for name, place in places.items():
            everywhere.setdefault(name, set()).add(place)
    for name, version in references:
        for place in everywhere.get(name) or (None,):
            _keep(folders, versions, place, version)
    return Kept(frozenset(folders), frozenset(versions))


def named_versions(manifest: Manifest) -> set[tuple[str, str]]:
    """List the datasets and versions that a manifest names, and itself.

    Example:
        >>> sorted(named_versions({"versions": {"cases": "v1"}, "outputs": {"splits": "v2"}}))
        [('cases', 'v1'), ('run_manifest', 'v2'), ('splits', 'v2')]
    """
    named = {pair for group in ("versions", "inputs", "outputs") for pair in manifest.get(group, {}).items()}
    return named | {(MANIFEST, version) for version in manifest.get("outputs", {}).values()}


def find_references(report: Any) -> Iterator[tuple[str, str]]:
    """Find the versions that a report says it was made from, wherever in it that stands.

    Args:
        report: Content of a JSON file.

    Yields:
        Names of datasets and versions.

    Example:
        >>> list(find_references({"segmentation": {"refers_to": {"champion": {"run_id": "8c1f", "cases": "v1"}}}}))
        [('run_id', '8c1f'), ('cases', 'v1')]
    """
    if not isinstance(report, Mapping):
        return
    for key, value in report.items():
        if key != REFERS_TO:
            yield from find_references(value)
        elif isinstance(value, Mapping):
            yield from (pair for source in value.values() if isinstance(source, Mapping) for pair in source.items())


def newest_manifest(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Find the manifest of the run that finished last, which is what the next run reads; none where there is none."""
    return sorted(manifests, key=lambda manifest: str(manifest["finished"]))[-1:]


def is_alive(began: datetime, now: datetime) -> bool:
    """Tell whether a run that MLflow has as running may be so, or was killed without a word."""
    return now - began <= LONGEST_RUN


def youngest_kept(now: datetime, under_way: Iterable[datetime]) -> datetime:
    """Tell from which time on everything is kept.

    Args:
        now: The time.
        under_way: When the runs began that are under way.
    """
    return min([now - YOUNGEST, *under_way])


def list_prunable(stored: pd.DataFrame, kept: Kept, made: Collection[str], since: datetime) -> pd.DataFrame:
    """List what nothing refers to and what is old enough.

    Args:
        stored: `dataset, version, begun, leftover, files, bytes`, one row a folder; `begun` is the time of its run, `leftover` marks what
            never became a version, or is none any more.
        kept: What is referred to.
        made: Versions of runs that have finished.
        since: What is of this time or younger is kept.

    Returns:
        `dataset, version, files, bytes, reason`, the largest first.
    """
    rows = [
        {**row, "reason": UNFINISHED if row["leftover"] else NOT_KEPT if row["version"] in made else NEVER_FINISHED}
        for row in stored.to_dict("records")
        if row["begun"] < since and not kept.holds(row["dataset"], row["version"])
    ]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(
        ["bytes", "dataset", "version"], ascending=[False, True, True], ignore_index=True
    )


def _keep(folders: set[tuple[str, str]], versions: set[str], place: str | None, version: str) -> None:
    if place is None:
        versions.add(version)
    else:
        folders.add((place, version))
