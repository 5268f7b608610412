"""Whose images stand behind a stored network, as far as the run that made it can be found."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tumourflow.datasets.run_records import read_tracked_manifest
from tumourflow.datasets.weights import fetch_weights, record_weights, split_record
from tumourflow.errors import UserError
from tumourflow.options.training import ADDRESSES

logger = logging.getLogger(__name__)

_MODELS, _MANIFESTS, _DATA = "06_models", "08_reporting", "data"
_READ = {"cases": ["case_id", "patient", "image"], "splits": ["case_id", "split"]}
_RECORDS = ("training_record", "classifier_record")
_UNKNOWN = "`training.weights`: nobody knows whom %s was trained on; if patients of this split, figures are too good."


def find_learned(weights: str, fetched: str) -> pd.DataFrame | None:
    """Find the images that a network was trained, chosen and tested with.

    The run that made it tells: by MLflow where it keeps the network, else by the manifests beside the folder of models that the file
    lies in. Where that training began with a network, too, the images behind that one are among them. Of a file that was taken elsewhere,
    or has been replaced since, nobody knows, which is said in the log.

    Args:
        weights: `training.weights`.
        fetched: What `fetch_weights` gave for it.

    Returns:
        `case_id, patient, image, split`; nothing where there is no network of this project, or where nobody knows.
    """
    if weights in ("none", "imagenet"):
        return None
    data, manifest = _find_run(weights, fetched)
    files = {name: _place(data, manifest, name) for name in _READ}
    if any(file is None or not file.is_file() for file in files.values()):
        logger.warning(_UNKNOWN, weights)
        return None
    cases, splits = (pd.read_parquet(str(files[name]), columns=columns) for name, columns in _READ.items())
    earlier = (_find_earlier(data, *begun) for begun in _list_beginnings(data, manifest))
    return pd.concat([cases.merge(splits, on="case_id"), *(each for each in earlier if each is not None)], ignore_index=True)


def _list_beginnings(data: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    import json

    for file in (_place(data, manifest, name) for name in _RECORDS):
        if file is not None and file.is_file():
            yield split_record(json.loads(file.read_text())["options"]["weights"])


def _find_earlier(data: Path, weights: str, digest: str) -> pd.DataFrame | None:
    if not digest:
        return None
    try:
        # Paths were given from the project's folder.
        fetched = fetch_weights(weights) if weights.startswith(ADDRESSES) else str(data.parent / Path(weights).expanduser())
        same = split_record(record_weights(weights, fetched)) == (weights, digest)
    except UserError:
        same = False
    if same:
        return find_learned(weights, fetched)
    logger.warning(_UNKNOWN, weights)
    return None


def _find_run(weights: str, fetched: str) -> tuple[Path, Mapping[str, Any]]:
    if weights.startswith(ADDRESSES):
        return Path(_DATA), read_tracked_manifest(_find_run_id(weights)) or {}
    from tumourflow.networks.weights.stored import find_file

    # data/06_models/<cohort>/<dataset>/<version>/<file>
    parts = find_file(Path(fetched)).resolve().parents
    if len(parts) < 5 or parts[3].name != _MODELS:
        return Path(_DATA), {}
    return parts[4], _read_manifest(parts[4] / _MANIFESTS / parts[2].name, parts[1].stem, parts[0].name)


def _find_run_id(weights: str) -> str:
    import mlflow

    if weights.startswith("models:/"):
        return str(mlflow.models.get_model_info(weights).run_id or "")
    return weights.removeprefix("runs:/").partition("/")[0]


def _read_manifest(folder: Path, dataset: str, version: str) -> Mapping[str, Any]:
    import json

    # A run saves all that it makes under one version.
    file = folder / "run_manifest.json" / version / "run_manifest.json"
    manifest: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return manifest if manifest.get("versions", {}).get(dataset) == version else {}


def _place(data: Path, manifest: Mapping[str, Any], name: str) -> Path | None:
    place, version = (manifest.get(facts, {}).get(name) for facts in ("places", "versions"))
    return data / place / version / Path(place).name if place and version else None
