"""A network's file and the bundle that lies beside it, as a person or the catalog left them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tumourflow.errors import UserError
from tumourflow.prediction.bundle import BUNDLE_FORMAT
from tumourflow.types import KerasModel


def find_network(place: Path, name: str) -> Path:
    """Find the file of the one network that lies in a folder.

    Args:
        place: A `.keras` file, or a folder that holds one, in any number of versions.
        name: What errors call it.

    Returns:
        Of several versions the newest that has a bundle, or the newest where none has.

    Raises:
        UserError: Where there is no network, or several.
    """
    found = place.rglob("*.keras") if place.is_dir() else [place]
    files = sorted(path for path in found if path.is_file() and path.suffix == ".keras")
    kinds = {path.name for path in files}
    if len(kinds) != 1:
        what = f"several: {', '.join(sorted(kinds))}" if kinds else "no .keras file"
        msg = f"{name!r} is to be one network, but holds {what}."
        raise UserError(msg)
    # Of several versions, whose folders are named after their time, the newest that is whole: a run that broke off has left no bundle.
    return next((file for file in reversed(files) if _find_bundle(file)), files[-1])


def read_bundle(file: Path, name: str) -> dict[str, Any]:
    """Read the bundle of a network, which lies beside it or among the catalog's versions of its own.

    Args:
        file: The network.
        name: What errors call it.

    Returns:
        Content of the JSON file.

    Raises:
        UserError: Where there is none, or no JSON in it.
    """
    found = _find_bundle(file)
    if found is None:
        msg = f"{name!r} lacks {file.stem}.json, which says how images are prepared: put it beside {file.name}."
        raise UserError(msg)
    try:
        bundle: dict[str, Any] = json.loads(found.read_text())
    except ValueError as error:
        msg = f"{found.name} of {name!r} is no JSON: {error}"
        raise UserError(msg) from error
    return bundle


def load_network(file: Path, bundle: dict[str, Any], name: str) -> KerasModel:
    """Load a network whose bundle this version understands.

    Args:
        file: The network.
        bundle: What `read_bundle` gave.
        name: What errors call it.

    Returns:
        The network, not compiled.

    Raises:
        UserError: Where a later version of tumourflow wrote the bundle, or Keras cannot load the file.
    """
    import keras

    if bundle.get("format", BUNDLE_FORMAT) > BUNDLE_FORMAT:
        msg = f"{name!r} was written by tumourflow {bundle.get('tumourflow')}, which is newer than this one: install that version."
        raise UserError(msg)
    try:
        return keras.saving.load_model(file, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        msg = f"{name!r} is no network that Keras can load: {reason}"
        raise UserError(msg) from error


def _find_bundle(file: Path) -> Path | None:
    # A relative path need not have two folders above it.
    file = file.absolute()
    beside, versions = file.with_suffix(".json"), file.parents[1].with_suffix(".json")
    if beside.is_file():
        return beside
    # The catalog keeps each dataset's versions in a folder of its own.
    if file.parents[1].suffix != ".keras":
        return None
    own = versions / file.parent.name / beside.name
    if own.is_file():
        return own
    # A later prediction has written the bundle of the network that was the newest then.
    later = sorted(each.parent.name for each in file.parents[1].glob(f"*/{file.name}") if each.parent.name > file.parent.name)
    written = sorted(versions.glob(f"*/{beside.name}"), reverse=True)
    return next((each for each in written if file.parent.name < each.parent.name < (later or ["~"])[0]), None)
