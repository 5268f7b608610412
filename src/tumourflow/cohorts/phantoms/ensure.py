"""When a phantom cohort is written, and when what lies in its place is not one."""

from __future__ import annotations

import json
from pathlib import Path

from tumourflow.cohorts.phantoms.write import RECIPE, describe_recipe, write_phantoms
from tumourflow.errors import UserError
from tumourflow.options import PhantomOptions

HOME = "01_raw"
"""Phantoms are written nowhere but directly below a folder of this name: a mistyped path must not fill up with them."""


def ensure_phantoms(root: Path, options: PhantomOptions) -> None:
    """Write a phantom cohort where there is nothing yet; nothing is ever overwritten.

    Args:
        root: Folder of the cohort, `.../01_raw/<name>` where it has to be written.
        options: What it should have been written with.

    Raises:
        UserError: When there is nothing at a place where phantoms do not belong, when a phantom cohort of other options or of another
            generator lies there, or when the folder cannot be written.
    """
    if not isinstance(root, Path):
        msg = f"`raw_root` is {root}, but phantoms are written to a disk only: leave raw_root out, or name the cohort there with --env."
        raise UserError(msg)
    missing = not root.exists()
    if missing or (root.is_dir() and not any(root.iterdir())):
        _require_home(root, "does not exist" if missing else "is empty")
        try:
            write_phantoms(root, options)
        except UserError:
            # Another first run of the cohort was quicker: what it has written is looked at like any other.
            if _read_recipe(root) is None:
                raise
    _require_recipe(root, options)


def _require_home(root: Path, state: str) -> None:
    if root.absolute().parent.name != HOME:
        msg = f"`raw_root` {state}: {root}. For a cohort of your own mend the path and name the cohort with --env, "
        msg += "or leave raw_root out for the embedded phantoms."
        raise UserError(msg)


def _require_recipe(root: Path, options: PhantomOptions) -> None:
    wanted, written = describe_recipe(options), _read_recipe(root)
    if written is None or written == wanted:
        return
    changed = [name for name in wanted if written.get(name) != wanted[name]]
    told = ", ".join(f"{name} {written.get(name, 'unknown')} instead of {wanted[name]}" for name in changed)
    msg = f"The phantom cohort in {root} was written otherwise than it would be now ({told}): delete this folder to have it written anew, "
    msg += f"or choose another place with --params=raw_root=data/{HOME}/NAME."
    raise UserError(msg)


def _read_recipe(root: Path) -> dict[str, object] | None:
    try:
        lines = (root / "README.md").read_text(errors="replace").splitlines()
        found: dict[str, object] = next(json.loads(line.removeprefix(RECIPE)) for line in lines if line.startswith(RECIPE))
    except (OSError, StopIteration, json.JSONDecodeError):
        return None
    return found
