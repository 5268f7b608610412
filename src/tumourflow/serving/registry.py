"""Models by name: from MLflow's registry, local or on a server, or from a folder."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tumourflow.datasets.registered_models import CHAMPION
from tumourflow.errors import UserError
from tumourflow.serving.network_file import find_network, load_network, read_bundle
from tumourflow.types import KerasModel

logger = logging.getLogger(__name__)

_ADDRESS = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))")
_NAME = re.compile(r"[^/\\:@]+")

_TASKS = {"postprocessing": "segmentation", "temperature": "classification", "refusal": "router"}
"""What a model does whose bundle has such a key."""


class Registered(NamedTuple):
    """A network that was fetched, with all that its use needs.

    Attributes:
        model: Not compiled.
        bundle: Content of the JSON file that was written beside it.
        label: What to call it: `lgg-segmentation v3`, or its path's last part.
    """

    model: KerasModel
    bundle: dict[str, Any]
    label: str


class Champion(NamedTuple):
    """The version of a registered model that is used.

    Attributes:
        name: `<cohort>-<task>`.
        version: Its number, or the beginning of a file's SHA-256.
        bundle: What was registered with it, such as `input_kind` and `classes`; empty where there is nothing.
    """

    name: str
    version: int | str
    bundle: dict[str, Any]

    @property
    def task(self) -> str:
        """What the model does: `segmentation`, `classification`, `router`, ..."""
        return self.name.rpartition("-")[2]

    @property
    def label(self) -> str:
        """What to call it, as in `Registered`."""
        return f"{self.name} v{self.version}"


def load_registered(name: str) -> Registered:
    """Load a network with its bundle.

    Args:
        name: Name of a registered model, whose champion is taken; `models:/<name>@<alias>`, `models:/<name>/<version>`; or the path of a
            `.keras` file or of a folder that holds one, such as `data/06_models/lgg/segmenter.keras`.

    Returns:
        The network, its bundle and what to call it.

    Raises:
        UserError: Where there is no such model, or not all of it, or one that a later version of tumourflow wrote.
    """
    if name and Path(name).exists():
        return Registered(*_load(Path(name), name), Path(name).name)
    address = _parse(name)
    version = _find_version(**address.groupdict())
    with tempfile.TemporaryDirectory() as folder:
        label = f"{address['name']} v{version}"
        _download(f"models:/{address['name']}/{version}", folder, label)
        return Registered(*_load(Path(folder), label), label)


def find_registered(name: str) -> Champion:
    """Find a model without loading its network.

    Args:
        name: As `load_registered` takes it.

    Returns:
        The version and its bundle. A file goes by what its bundle says it is and by the beginning of its SHA-256: `segmenter.keras` is
        called `segmenter-segmentation`.

    Raises:
        UserError: Where there is no such model, or not all of it.
    """
    if name and Path(name).exists():
        file = find_network(Path(name), name)
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()[:8]
        bundle = read_bundle(file, name)
        # A file may have been renamed.
        task = next((f"-{task}" for key, task in _TASKS.items() if key in bundle), "")
        return Champion(f"{file.stem}{task}", digest, bundle)
    address = _parse(name)
    return _describe(address["name"], _find_version(**address.groupdict()))


def list_champions() -> list[Champion]:
    """List the champions of the registry by name; one whose files cannot be fetched is told in the log and passed over."""
    champions = []
    for name, version in _list_crowned():
        try:
            champions.append(_describe(name, version))
        except UserError as error:
            logger.warning("%s It is passed over.", error)
    return champions


def _list_crowned() -> Iterator[tuple[str, int]]:
    import mlflow

    token = None
    while True:
        # A registry gives a hundred models at a time.
        models = mlflow.MlflowClient().search_registered_models(order_by=["name ASC"], page_token=token)
        yield from ((model.name, int(model.aliases[CHAMPION])) for model in models if CHAMPION in model.aliases)
        token = models.token
        if not token:
            return


def _parse(name: str) -> re.Match[str]:
    bare = f"models:/{name}@{CHAMPION}" if _NAME.fullmatch(name) else name
    address = _ADDRESS.fullmatch(bare) or _ADDRESS.fullmatch(f"models:/{bare}")
    if address is None:
        msg = f"There is no model {name!r}: name a registered one, models:/NAME@ALIAS, models:/NAME/VERSION, or a path that exists."
        raise UserError(msg)
    return address


def _find_version(name: str, alias: str | None, version: str | None) -> int:
    import mlflow

    client = mlflow.MlflowClient()
    try:
        found = client.get_model_version(name, version) if version else client.get_model_version_by_alias(name, str(alias))
    except mlflow.exceptions.MlflowException as error:
        wanted = f"version {version}" if version else f"version with the alias {alias!r}"
        msg = f"MLflow's registry has no {wanted} of a model {name!r}: train one, or set MLFLOW_TRACKING_URI to where it is. "
        msg += f"({_first_line(error)})"
        raise UserError(msg) from error
    return int(found.version)


def _download(address: str, folder: str, label: str) -> None:
    import mlflow

    try:
        mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=folder)
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise _explain_lack(label, error) from error


def _describe(name: str, version: int) -> Champion:
    return Champion(name, version, _read_metadata(f"models:/{name}/{version}", f"{name} v{version}"))


def _read_metadata(address: str, label: str) -> dict[str, Any]:
    import mlflow

    try:
        metadata = mlflow.models.get_model_info(address).metadata or {}
    # Each kind of store has errors of its own.
    except Exception as error:
        raise _explain_lack(label, error) from error
    return next((value for value in metadata.values() if isinstance(value, dict)), {})


def _explain_lack(label: str, error: Exception) -> UserError:
    return UserError(f"{label} is registered, but its files cannot be fetched: {_first_line(error).rstrip('.')}.")


def _load(place: Path, name: str) -> tuple[KerasModel, dict[str, Any]]:
    file = find_network(place, name)
    logged = place.is_dir() and (place / "MLmodel").is_file() and not file.with_suffix(".json").is_file()
    bundle = _read_metadata(str(place), name) if logged else read_bundle(file, name)
    return load_network(file, bundle, name), bundle


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
