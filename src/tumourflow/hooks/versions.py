"""A run reads what one earlier run left complete, never the newest of each by chance."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.pipeline import Pipeline

from tumourflow.errors import UserError
from tumourflow.hooks.manifests import MANIFEST, find_manifest, loaded_version, read_manifest, tell_time_after, versioned

SEGMENTATION = "segmentation"
PLACE_PARTS = 3
"""Of a path, those that say where below data/ it is: layer, cohort and name."""

logger = logging.getLogger(__name__)


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
        """Pin each versioned dataset: inputs by the manifest, outputs to what this run saves.

        Raises:
            UserError: Where an input is not there, or where the versions asked for never belonged together.
        """
        asked, made = run_params.get("load_versions") or {}, pipeline.all_outputs()
        read = {name for name in pipeline.inputs() if versioned(catalog, name)}
        _require_read(asked, read, made)
        _require_in_memory(pipeline, catalog, run_params.get("pipeline_names") or ["__default__"])
        self._known = find_manifest(catalog, {name: asked[name] for name in read & asked.keys()}, read)
        known = {**self._known.get("versions", {}), **asked}
        for name in sorted(pipeline.datasets()):
            dataset = versioned(catalog, name)
            if dataset is None:
                continue
            save = dataset.resolve_save_version()
            load = save if name in made else known.get(name)
            if load is None:
                msg = (
                    f"{self._explain_lack(name)} Run the rooms before this one first, or all of them: kedro run --pipeline={_whole(name)}."
                )
                raise UserError(msg)
            dataset._version = Version(load, save)
            if name in read and not dataset.exists():
                msg = f"`{name}` is not below data/ in version {load}: {dataset._filepath} has lost it, or never had it. Put it back, name"
                msg += f" another (--load-versions), or make it anew: kedro run --pipeline={_whole(name)}."
                raise UserError(msg)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Write `run_manifest`, last of all outputs."""
        manifest = versioned(catalog, MANIFEST)
        if manifest is None:
            return
        inputs = {name: version for name in pipeline.inputs() if (version := loaded_version(catalog, name))}
        outputs = {name: version for name in pipeline.all_outputs() if (version := loaded_version(catalog, name))}
        if not outputs:
            return
        last = read_manifest(catalog)
        self._catch_up(last, inputs)
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
                "finished": tell_time_after(last),
                "pipelines": made_by,
                "inputs": inputs,
                "outputs": outputs,
                "versions": versions,
                "stale": {name: cause for name, cause in sorted(outdated.items()) if name not in versions},
                "places": {name: place for name in (*versions, MANIFEST) if (place := self._place(catalog, name))},
            }
        )

    def _catch_up(self, last: dict[str, Any], inputs: Mapping[str, str]) -> None:
        """Build upon what another run has left meanwhile, unless this one read other versions than stand there now."""
        if last.get("versions") == self._known.get("versions"):
            return
        there = last.get("versions", {})
        other = sorted(name for name, version in inputs.items() if there.get(name) != version)
        if not other:
            self._known = last
            return
        logger.warning(
            "The run that finished last had other versions of what this one has read (%s): rooms run alone now go on from this one.",
            ", ".join(other),
        )

    def _explain_lack(self, name: str) -> str:
        cause = self._known.get("stale", {}).get(name)
        if cause:
            return f"`{name}` is out of date: `{cause}` has run since, which makes anew what it was made from."
        return f"`{name}` is not there yet: no finished run of this cohort has made it."

    def _place(self, catalog: DataCatalog, name: str) -> str | None:
        # A dataset that is no longer in the catalog lies where it lay.
        dataset = versioned(catalog, name)
        before: dict[str, str] = self._known.get("places", {})
        return "/".join(Path(dataset._filepath).parts[-PLACE_PARTS:]) if dataset else before.get(name)


def _require_read(asked: Iterable[str], read: set[str], made: set[str]) -> None:
    for name in sorted(set(asked) - read):
        msg = f"--load-versions names `{name}`, which this run "
        if name in made:
            msg += "makes anew: begin with a room behind it (--pipeline, --from-nodes), or leave it out."
        else:
            msg += f"does not read. It reads {', '.join(sorted(read)) or 'no version'}."
        raise UserError(msg)


def _require_in_memory(pipeline: Pipeline, catalog: DataCatalog, names: Iterable[str]) -> None:
    for lacking in sorted(pipeline.inputs()):
        dataset = catalog.get(lacking) if lacking in catalog else None
        if not isinstance(dataset, MemoryDataset) or dataset.exists():
            continue
        maker = next((node.name for name in names for node in pipelines[name].nodes if lacking in node.outputs), "the node that makes it")
        msg = (
            f"`{lacking}` is handed on in memory by `{maker}`, which this run leaves out: begin with it (--from-nodes={maker}), or name it "
        )
        msg += "as well (--nodes)."
        raise UserError(msg)


def _whole(name: str) -> str:
    """Name the pipeline that makes a dataset from the raw files on."""
    makers = [made_by for made_by, each in pipelines.items() if name in each.all_outputs()]
    return SEGMENTATION if SEGMENTATION in makers or not makers else makers[0]


def _downstream(changed: set[str]) -> set[str]:
    # A classifier hangs on the same corridor as a segmenter, without being part of it, and so does what else has a command.
    corridors = [(each, changed & each.datasets()) for each in pipelines.values()]
    return set().union(*(corridor.from_inputs(*known).all_outputs() for corridor, known in corridors if known))
