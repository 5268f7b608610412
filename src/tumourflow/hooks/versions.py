"""A run reads what one earlier run left complete, never the newest of each by chance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import AbstractVersionedDataset, DataCatalog, Version
from kedro.pipeline import Pipeline

from tumourflow.cohorts.union import read_last_manifest
from tumourflow.errors import UserError

MANIFEST = "run_manifest"
SEGMENTATION = "segmentation"
_SHOWN = 3
PLACE_PARTS = 3
"""Of a path, those that say where below data/ it is: layer, cohort and name."""


class VersionHook:
    """Pins the version of every input by the last manifest, and writes the manifest of this run last.

    The manifest names one consistent version of each dataset: what this run wrote, what it read, and what earlier runs
    left that does not depend on anything this run wrote anew; and where below data/ each lies. Of what does depend on it, and is no
    longer offered, it names the pipeline that was the cause.
    """

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Pin each versioned dataset: inputs by the manifest, outputs to what this run saves."""
        self._known = read_manifest(catalog)
        known = self._known.get("versions", {})
        asked = run_params.get("load_versions") or {}
        for name in sorted(pipeline.datasets()):
            dataset = _versioned(catalog, name)
            if dataset is None or name in asked:
                continue
            save = dataset.resolve_save_version()
            load = save if name in pipeline.all_outputs() else known.get(name)
            if load is None:
                msg = (
                    f"{self._explain_lack(name)} Run the rooms before this one first, or all of them: kedro run --pipeline={_whole(name)}."
                )
                raise UserError(msg)
            dataset._version = Version(load, save)
        _require_there({name: dataset for name in sorted(pipeline.inputs()) if (dataset := _versioned(catalog, name))}, asked)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Write `run_manifest`, last of all outputs."""
        manifest = _versioned(catalog, MANIFEST)
        if manifest is None:
            return
        inputs = {name: version for name in pipeline.inputs() if (version := loaded_version(catalog, name))}
        outputs = {name: version for name in pipeline.all_outputs() if (version := loaded_version(catalog, name))}
        if not outputs:
            return
        made_by = run_params.get("pipeline_names") or ["__default__"]
        before = self._known.get("versions", {})
        # Where nothing else is known, no room has to be opened to see what is out of date now.
        stale = _downstream(set(outputs)) if before.keys() - outputs.keys() - inputs.keys() else set()
        kept = {name: version for name, version in before.items() if name not in stale}
        versions = {**kept, **inputs, **outputs}
        outdated = {**self._known.get("stale", {}), **dict.fromkeys(before.keys() & stale, ", ".join(made_by))}
        # Another run that began later may have finished earlier.
        manifest._version = Version(manifest.resolve_save_version(), manifest.resolve_save_version())
        manifest.save(
            {
                "finished": datetime.now(UTC).isoformat(),
                "pipelines": made_by,
                "inputs": inputs,
                "outputs": outputs,
                "versions": versions,
                "stale": {name: cause for name, cause in sorted(outdated.items()) if name not in versions},
                "places": {name: place for name in (*versions, MANIFEST) if (place := self._place(catalog, name))},
            }
        )

    def _explain_lack(self, name: str) -> str:
        cause = self._known.get("stale", {}).get(name)
        if cause:
            return f"`{name}` is out of date: `{cause}` has run since, which makes anew what it was made from."
        return f"`{name}` is not there yet: no finished run of this cohort has made it."

    def _place(self, catalog: DataCatalog, name: str) -> str | None:
        # A dataset that is no longer in the catalog lies where it lay.
        dataset = _versioned(catalog, name)
        before: dict[str, str] = self._known.get("places", {})
        return "/".join(Path(dataset._filepath).parts[-PLACE_PARTS:]) if dataset else before.get(name)


def _require_there(inputs: Mapping[str, AbstractVersionedDataset[Any, Any]], asked: Mapping[str, str]) -> None:
    for name in asked:
        if name not in inputs:
            msg = f"--load-versions names `{name}`, which this pipeline does not read. It reads {', '.join(inputs) or 'no version'}."
            raise UserError(msg)
    for name, dataset in inputs.items():
        if not Path(dataset._get_load_path()).exists():
            kept = ", ".join(sorted(path.name for path in Path(dataset._filepath).glob("[!.]*"))[-_SHOWN:]) or "none"
            why = "--load-versions asks for" if name in asked else "the last finished run left"
            msg = f"`{name}` has no version {dataset.resolve_load_version()}, which {why}, in {dataset._filepath} (newest there: {kept})."
            raise UserError(msg + " Name another with --load-versions, or run the rooms that make it anew.")


def read_manifest(catalog: DataCatalog) -> dict[str, Any]:
    """Read the manifest of the run that finished last, empty where none has yet."""
    dataset = _versioned(catalog, MANIFEST)
    if dataset is None or not dataset.exists():
        return {}
    return read_last_manifest(Path(path) for path in dataset.list_versions())


def _versioned(catalog: DataCatalog, name: str) -> AbstractVersionedDataset[Any, Any] | None:
    dataset = catalog.get(name) if name in catalog else None
    return dataset if isinstance(dataset, AbstractVersionedDataset) and dataset._version else None


def loaded_version(catalog: DataCatalog, name: str) -> str | None:
    """Tell which version of a dataset this run reads, None where it has no versions."""
    dataset = _versioned(catalog, name)
    return dataset.resolve_load_version() if dataset else None


def _whole(name: str) -> str:
    """Name the pipeline that makes a dataset from the raw files on."""
    makers = [made_by for made_by, each in pipelines.items() if name in each.all_outputs()]
    return SEGMENTATION if SEGMENTATION in makers or not makers else makers[0]


def _downstream(changed: set[str]) -> set[str]:
    # A classifier hangs on the same corridor as a segmenter, without being part of it, and so does what else has a command.
    corridors = [(each, changed & each.datasets()) for each in pipelines.values()]
    return set().union(*(corridor.from_inputs(*known).all_outputs() for corridor, known in corridors if known))
