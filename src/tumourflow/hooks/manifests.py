"""The manifests that finished runs have left, as a run's catalog knows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kedro.io import AbstractVersionedDataset, DataCatalog

from tumourflow.cohorts.union import read_manifests
from tumourflow.errors import UserError

MANIFEST = "run_manifest"


def read_manifest(catalog: DataCatalog) -> dict[str, Any]:
    """Read the manifest of the run that finished last, empty where none has yet."""
    return next(iter(reversed(_read_all(catalog))), {})


def find_manifest(catalog: DataCatalog, asked: Mapping[str, str], read: set[str]) -> dict[str, Any]:
    """Find the run that finished last with just some versions, so that what is not asked for belongs to what is.

    Args:
        catalog: Of the run that asks.
        asked: Versions of inputs that were asked for, by dataset.
        read: All inputs that have versions.

    Returns:
        Its manifest; that of the run that finished last where nothing was asked for, and an empty one where all was.

    Raises:
        UserError: Where no finished run had these versions together.
    """
    if not asked:
        return read_manifest(catalog)
    fitting = [manifest for manifest in _read_all(catalog) if asked.items() <= manifest["versions"].items()]
    if not fitting and read - asked.keys():
        named = " and ".join(f"version {version} of `{name}`" for name, version in sorted(asked.items()))
        lacking = ", ".join(f"`{name}`" for name in sorted(read - asked.keys()))
        msg = f"No finished run of this cohort had {named} (--load-versions), so that it cannot be told which {lacking} belong to it: "
        msg += "name versions that one run_manifest.json names, or those of all."
        raise UserError(msg)
    return fitting[-1] if fitting else {}


def tell_time_after(last: Mapping[str, Any]) -> str:
    """Tell the time, or one just after a manifest's where the clock has been put back since: the order of runs is told by it."""
    now = datetime.now(UTC)
    before = last.get("finished")
    return (max(now, datetime.fromisoformat(before) + timedelta(microseconds=1)) if before else now).isoformat()


def versioned(catalog: DataCatalog, name: str) -> AbstractVersionedDataset[Any, Any] | None:
    """Take a dataset from the catalog, nothing where it has no versions."""
    dataset = catalog.get(name) if name in catalog else None
    return dataset if isinstance(dataset, AbstractVersionedDataset) and dataset._version else None


def loaded_version(catalog: DataCatalog, name: str) -> str | None:
    """Tell which version of a dataset this run reads, None where it has no versions."""
    dataset = versioned(catalog, name)
    return dataset.resolve_load_version() if dataset else None


def _read_all(catalog: DataCatalog) -> list[dict[str, Any]]:
    dataset = versioned(catalog, MANIFEST)
    if dataset is None or not dataset.exists():
        return []
    return list(read_manifests(Path(path) for path in dataset.list_versions()).values())
