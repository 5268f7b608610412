"""No run begins with a parameter that nobody meant."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from tumourflow.cohorts.folder import open_root
from tumourflow.curation.split_file import require_split_file
from tumourflow.datasets import require_weights
from tumourflow.errors import UserError
from tumourflow.hooks.backend import require_backend
from tumourflow.options import parse_parameters
from tumourflow.options.agreement import require_fit

PATHS = {"raw_root", "split_file", "input"}
RECIPES = "recipes"
"""Folder of the configuration that holds a file for each recipe."""
SEGMENTERS = frozenset({"train_network", "score_folds", "segment_unseen", "train_both"})
"""Nodes that train segmenters."""


class ParameterHook:
    """Checks the whole parameter dictionary as soon as the configuration is merged.

    Kedro by itself checks only what an annotated node takes: a misspelt key at the top would pass.
    """

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Put in the recipe, refuse unknown keys and values out of bounds; take paths, but no URLs, as relative to the project.

        Raises:
            UserError: Naming each parameter, what was given and what is allowed; or the backend that is not there.
        """
        require_backend(os.environ)
        loader = context.config_loader
        values = apply_recipe(loader["parameters"], loader.runtime_params or {}, find_recipes(loader.conf_source))
        self._parameters = parse_parameters(values)
        for name in PATHS & {name for name, value in values.items() if value and "://" not in str(value)}:
            values[name] = str(Path(context.project_path) / Path(values[name]).expanduser())
        loader["parameters"] = values
        self._split_file = values.get("split_file")

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Refuse files that are not there, and images that a segmenter cannot see, before the rooms do their work that come earlier.

        Raises:
            UserError: Naming the parameter, and the file or what is allowed.
        """
        if self._split_file and "params:split_file" in pipeline.inputs():
            require_split_file(open_root(self._split_file, "split_file"))
        if "params:training" in pipeline.inputs():
            require_weights(self._parameters.training.weights)
        # A classifier sees images of any size, and a room that trains nothing takes the network as it is.
        if any(node.name in SEGMENTERS for node in pipeline.nodes):
            enlarged = self._parameters.prediction.multi_scale and "params:prediction" in pipeline.inputs()
            require_fit(self._parameters.preparation, self._parameters.training, multi_scale=enlarged)


def find_recipes(conf_source: str | Path) -> Path:
    """Tell where the recipes are.

    Args:
        conf_source: Folder of the configuration, or the archive that `kedro package` makes of it.

    Returns:
        Their folder, which may lie in the archive.
    """
    if str(conf_source).endswith(".tar.gz"):
        from upath import UPath

        return cast("Path", UPath(f"tar://conf/{RECIPES}", fo=str(conf_source)))
    return Path(conf_source) / RECIPES


def apply_recipe(values: Mapping[str, Any], given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Lay the recipe that `values` names over them, and over it what was given on the command line.

    Args:
        values: Parameters as merged from conf/ and the command line.
        given: What the command line gave.
        folder: Where the recipes are, one file `<name>.yml` each.

    Returns:
        New parameters; those given where there is no recipe.

    Raises:
        UserError: Where there is no such recipe, or where its file is malformed.
    """
    from omegaconf import OmegaConf

    name = values.get("recipe")
    if name is None:
        return dict(values)
    known = sorted(path.stem for path in folder.glob("*.yml"))
    if name not in known:
        msg = f"There is no recipe {name!r}: choose one of {', '.join(known)}, or add conf/{RECIPES}/{name}.yml."
        raise UserError(msg)
    text = (folder / f"{name}.yml").read_text()
    _require_well_formed(yaml.safe_load(text), values, f"conf/{RECIPES}/{name}.yml")
    merged = OmegaConf.merge(OmegaConf.create(dict(values)), OmegaConf.create(text), OmegaConf.create(dict(given)))
    return cast("dict[str, Any]", OmegaConf.to_container(merged))


def _require_well_formed(recipe: Any, values: Mapping[str, Any], file: str) -> None:
    if not isinstance(recipe, Mapping | None):
        msg = f"{file} holds no parameters: write lines such as `training: {{width: 32}}`."
        raise UserError(msg)
    if recipe and "recipe" in recipe:
        msg = f"{file} names a recipe itself (`recipe: {recipe['recipe']}`): put the lines of that one in place of this line."
        raise UserError(msg)
    for name, value, group in _misplaced_values(recipe or {}, values):
        # Merged, it would take the place of all that conf/ says of the group.
        msg = f"`{name}` in {file} is {value!r}, allowed is: a group, such as {{{next(iter(group), 'NAME')}: VALUE}}."
        raise UserError(msg)


def _misplaced_values(
    recipe: Mapping[str, Any], values: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    for name, value in recipe.items():
        group = values.get(name)
        if isinstance(group, Mapping) and isinstance(value, Mapping):
            yield from _misplaced_values(value, group, f"{prefix}{name}.")
        elif isinstance(group, Mapping):
            yield f"{prefix}{name}", value, group
