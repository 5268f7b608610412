"""Trained models that can be used: the champions of MLflow's registry, and files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from tumourflow.datasets.registered_models import CHAMPION
from tumourflow.datasets.weights import fetch_weights
from tumourflow.errors import UserError

FORMAT = "format"
"""A key that every bundle has."""

_ADDRESS = "models:/"
_FILES = {"segmenter": "segmentation", "classifier": "classification", "router": "router"}
"""Names of model files, and the task that their registered name ends with."""


@dataclass(frozen=True)
class StoredModel:
    """A trained model, not loaded yet.

    Attributes:
        name: `<cohort>-<task>`.
        version: Number in the registry, or the beginning of the file's SHA-256.
        bundle: All that its use needs.
        load: Loads it.
    """

    name: str
    version: str
    bundle: dict[str, Any] = field(repr=False)
    load: Callable[[], Any] = field(repr=False, compare=False)


class ModelsAtHand:
    """Finds models of all cohorts.

    Attributes:
        cohort: Of the environment.
    """

    def __init__(self, cohort: str) -> None:
        self.cohort = cohort

    def champions(self) -> list[StoredModel]:
        """List the champions of the registry that have a bundle, those that were registered last first."""
        import mlflow

        client = mlflow.MlflowClient()
        versions = [client.get_model_version(name, version) for name, version in _list_champions(client)]
        versions.sort(key=lambda version: (-version.creation_timestamp, version.name))
        models = (_read_registered(version.name, str(version.version)) for version in versions)
        return [model for model in models if model is not None]

    def find(self, address: str) -> StoredModel:
        """Find a model by its address.

        Args:
            address: `<name>@<alias>` or `<name>/<version>` in the registry, with or without `models:/` before it; or a `.keras` file
                with its bundle beside it, a folder that holds both, or such a file as this project leaves it.

        Raises:
            UserError: Where there is none.
        """
        if Path(address).exists():
            return _read_file(Path(address))
        bare = address.removeprefix(_ADDRESS)
        if not address.startswith(_ADDRESS) and "@" not in bare and not bare.rpartition("/")[2].isdecimal():
            msg = f"`inference.models` names {address}, which is no file here and no model in MLflow: write NAME@champion or NAME/VERSION "
            msg += "for a registered model, or the path of a .keras file with its .json beside it."
            raise UserError(msg)
        return _find_registered(address, bare)


class ModelsAtHandDataset(AbstractDataset[None, ModelsAtHand]):
    """Hands out a `ModelsAtHand`.

    Attributes:
        cohort: Name of the environment's cohort.
    """

    def __init__(self, *, cohort: str, metadata: dict[str, Any] | None = None) -> None:
        self._cohort = cohort
        self.metadata = metadata

    def load(self) -> ModelsAtHand:
        """Hand out what finds models."""
        return ModelsAtHand(self._cohort)

    def save(self, data: None) -> None:
        """Refuse: models are registered when they have been trained.

        Raises:
            NotImplementedError: Always.
        """
        del data
        msg = "Models are registered by the runs that train them."
        raise NotImplementedError(msg)

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"cohort": self._cohort}


def _list_champions(client: Any) -> Iterator[tuple[str, str]]:
    page = client.search_registered_models()
    while True:
        yield from ((model.name, model.aliases[CHAMPION]) for model in page if CHAMPION in model.aliases)
        if not page.token:
            return
        page = client.search_registered_models(page_token=page.token)


def _find_registered(address: str, bare: str) -> StoredModel:
    import mlflow

    client = mlflow.MlflowClient()
    try:
        name, separator, alias = bare.partition("@")
        version = client.get_model_version_by_alias(name, alias) if separator else client.get_model_version(*bare.rsplit("/", 1))
    except mlflow.exceptions.MlflowException as error:
        msg = f"`inference.models` names {address}, but MLflow has no such model: {error}"
        raise UserError(msg) from error
    model = _read_registered(version.name, str(version.version))
    if model is None:
        msg = f"`inference.models` names {address}, but that model has no bundle, so that nobody knows how images are prepared for it."
        raise UserError(msg)
    return model


def _read_registered(name: str, version: str) -> StoredModel | None:
    import mlflow

    address = f"{_ADDRESS}{name}/{version}"
    metadata = mlflow.models.get_model_info(address).metadata or {}
    bundle = next((value for value in metadata.values() if isinstance(value, dict) and FORMAT in value), None)
    return StoredModel(name, version, bundle, partial(_load, address)) if bundle else None


def _read_file(path: Path) -> StoredModel:
    network, bundle = next(_list_pairs(path), (path, None))
    if bundle is None or network.stem not in _FILES:
        msg = f"`inference.models` names {path}, but there is no segmenter, classifier or router (.keras) with its .json."
        raise UserError(msg)
    content = json.loads(bundle.read_text())
    with network.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()[:8]
    return StoredModel(f"{network.stem}-{_FILES[network.stem]}", digest, content, partial(_load, str(network)))


def _list_pairs(path: Path) -> Iterator[tuple[Path, Path]]:
    for network in sorted(path.rglob("*.keras")) if path.is_dir() else [path]:
        # <stem>.keras/<version>/<stem>.keras, as versioned datasets lie, or a file beside another.
        version = network.parent
        for bundle in (network.with_suffix(".json"), version.parent.parent / f"{network.stem}.json" / version.name / f"{network.stem}.json"):
            if network.is_file() and bundle.is_file():
                yield network, bundle


def _load(address: str) -> Any:
    import keras

    import tumourflow.networks  # noqa: F401 - registers the layers

    return keras.saving.load_model(fetch_weights(address), compile=False)
