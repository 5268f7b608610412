"""Named sets of parameters, conf/recipes/<name>.yml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from tumourflow.errors import UserError

RECIPES = "recipes"
"""Folder of the configuration that holds a file for each recipe."""


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

    recipe = read_recipe(values, folder)
    if not recipe:
        return dict(values)
    merged = OmegaConf.merge(OmegaConf.create(dict(values)), OmegaConf.create(dict(recipe)), OmegaConf.create(dict(given)))
    return cast("dict[str, Any]", OmegaConf.to_container(merged))


def read_recipe(values: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """Read the recipe that `values` names; empty where it names none.

    Args:
        values: Parameters as merged from conf/ and the command line.
        folder: Where the recipes are, one file `<name>.yml` each.

    Returns:
        Its parameters.

    Raises:
        UserError: Where there is no such recipe, or where its file is malformed.
    """
    from omegaconf import OmegaConf

    name = values.get("recipe")
    if name is None:
        return {}
    known = sorted(path.stem for path in folder.glob("*.yml"))
    if name not in known:
        msg = f"There is no recipe {name!r}: choose one of {', '.join(known)}, or add conf/{RECIPES}/{name}.yml."
        raise UserError(msg)
    text = (folder / f"{name}.yml").read_text()
    _require_well_formed(yaml.safe_load(text), values, f"conf/{RECIPES}/{name}.yml")
    # YAML by itself takes 1e-3 for a word; as conf/ is read, it is a number.
    return cast("Mapping[str, Any]", OmegaConf.to_container(OmegaConf.create(text)))


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
