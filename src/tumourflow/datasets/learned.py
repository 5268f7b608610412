"""Whose images stand behind a stored network, as far as the run that made it can be found."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tumourflow.datasets.run_records import read_tracked_manifest
from tumourflow.options.training import ADDRESSES

logger = logging.getLogger(__name__)

_MODELS, _MANIFESTS, _DATA = "06_models", "08_reporting", "data"
_READ = {"cases": ["case_id", "patient", "image"], "splits": ["case_id", "split"]}


def find_learned(weights: str, fetched: str) -> pd.DataFrame | None:
    """Find the images that a network was trained, chosen and tested with.

    The run that made it tells: by MLflow where it keeps the network, else by the manifests beside the folder of models that the file
    lies in. Of a file that was taken elsewhere nobody knows, which is said in the log.

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
        logger.warning("`training.weights`: nobody knows whom %s was trained on; if patients of this split, figures are too good.", weights)
        return None
    cases, splits = (pd.read_parquet(str(files[name]), columns=columns) for name, columns in _READ.items())
    return cases.merge(splits, on="case_id")


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
