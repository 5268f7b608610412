"""Nodes of the pruning room."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from tumourflow.curation.retention import (
    COLUMNS,
    ORPHANED,
    find_references,
    is_alive,
    keep_named,
    list_prunable,
    newest_manifest,
    youngest_kept,
)
from tumourflow.datasets import RegisteredModels, Removal, RunRecord, StoredVersions, TrackedRuns
from tumourflow.datasets.version_name import version_time
from tumourflow.errors import UserError
from tumourflow.options import PruneOptions

logger = logging.getLogger(__name__)

Manifests = Mapping[str, Mapping[str, Any]]

_PRINTED = 40


def find_unreferenced(
    stored_versions: StoredVersions, tracked_runs: TrackedRuns, registered_models: RegisteredModels, options: PruneOptions
) -> tuple[pd.DataFrame, Removal]:
    """Find what no run, model or report refers to.

    Returns:
        `dataset, version, files, bytes, reason`, the images that no table points at in one row; and what is to be removed, which is
        nothing unless `prune.delete` is set.

    Raises:
        UserError: Where something is to be removed, but MLflow knows none of the runs that have left manifests, or no run that is as
            old as some of them.
    """
    now, manifests, runs = datetime.now(UTC), stored_versions.read_manifests(), tracked_runs.records()
    under_way = [run for run in runs if run.status == "RUNNING" and is_alive(run.began, now)]
    since = youngest_kept(now, [run.began for run in under_way])
    finished = [run for run in runs if run.status == "FINISHED"]
    if options.delete:
        _require_known(finished, tracked_runs.first(), manifests)
    sources = chain(finished, tracked_runs.find_records(registered_models.sources()))
    named = [*_read_manifests(sources, tracked_runs, manifests), *newest_manifest(manifests.values())]
    prunable, kept = _list(stored_versions, named, under_way, set(manifests), since)
    # A run under way may count on an image that it found in the store and that no table points at yet.
    images = [] if under_way else stored_versions.list_images(stored_versions.read_image_keys(kept), since)
    if images:
        row = (stored_versions.images, "", len(images), sum(size for _, size in images), ORPHANED)
        prunable = pd.concat([prunable, pd.DataFrame([row], columns=COLUMNS)], ignore_index=True)
    _print(prunable, options)
    return prunable, _remove(prunable, [path for path, _ in images]) if options.delete else Removal()


def _require_known(finished: list[RunRecord], first: RunRecord | None, manifests: Manifests) -> None:
    elsewhere = "set MLFLOW_TRACKING_URI to where this project is tracked, or list only (prune.delete=false)"
    if manifests and not any(run.version in manifests for run in finished):
        msg = f"MLflow knows none of the {len(manifests)} runs that have left a manifest, so that nothing can be told to be in use: "
        msg += f"{elsewhere}."
        raise UserError(msg)
    earlier = [version for version in manifests if first and (time := version_time(version)) and time < first.began]
    if earlier:
        # A database that was lost, or named anew, knows of none of these runs, be they in use or not.
        msg = f"{len(earlier)} of {len(manifests)} manifests are of runs before the first one that MLflow knows of, so that nobody can "
        msg += f"tell whether their results are in use: {elsewhere} and remove by hand what is not needed."
        raise UserError(msg)


def _read_manifests(runs: Iterator[RunRecord], tracked_runs: TrackedRuns, manifests: Manifests) -> Iterator[Mapping[str, Any]]:
    for run in runs:
        yield manifests.get(run.version) or tracked_runs.read_manifest(run.run_id) or {}


def _list(
    stored: StoredVersions, named: list[Mapping[str, Any]], under_way: list[RunRecord], made: set[str], since: datetime
) -> tuple[pd.DataFrame, list[str]]:
    """List what is prunable; tell also which versions of the table of cases are not."""
    listed, inputs = stored.list_versions(), [pair for run in under_way for pair in run.inputs.items()]
    kept = keep_named(named, inputs)
    whole = listed[~listed["leftover"]]
    # A report that stays keeps what it was made from.
    first = list_prunable(listed, kept, made, since)
    reports = stored.read_reports(_without(whole, first))
    references = [pair for report in reports for pair in find_references(report)]
    prunable = list_prunable(listed, keep_named(named, [*inputs, *references]), made, since)
    return prunable, [version for dataset, version in _without(whole, prunable) if dataset == stored.cases]


def _without(listed: pd.DataFrame, prunable: pd.DataFrame) -> list[tuple[str, str]]:
    gone = set(prunable[["dataset", "version"]].itertuples(index=False, name=None))
    return [pair for pair in listed[["dataset", "version"]].itertuples(index=False, name=None) if pair not in gone]


def _remove(prunable: pd.DataFrame, images: list[Path]) -> Removal:
    versions = prunable.loc[prunable["version"] != "", ["dataset", "version"]]
    return Removal(tuple(versions.itertuples(index=False, name=None)), tuple(images))


def _print(prunable: pd.DataFrame, options: PruneOptions) -> None:
    if prunable.empty:
        logger.info("Nothing can be pruned: all that is old is referred to.")
        return
    shown = prunable.head(_PRINTED).assign(MB=lambda table: (table["bytes"] / 1e6).round(3))
    more = f"\nand {len(prunable) - _PRINTED} more" if len(prunable) > _PRINTED else ""
    outcome = "all of it is removed now" if options.delete else "only listed: --params=prune.delete=true removes it"
    logger.info("%s%s", shown[["dataset", "version", "files", "MB", "reason"]].to_string(index=False), more)
    logger.info("%.3f MB in %d files nothing refers to; %s.", prunable["bytes"].sum() / 1e6, prunable["files"].sum(), outcome)
