"""Weights that MLflow keeps."""

from __future__ import annotations

from pathlib import Path

from tumourflow.errors import UserError
from tumourflow.options.training import ADDRESSES, WEIGHTS

_DIGITS = 16
_DIGEST = " (SHA-256 "


def require_weights(weights: str) -> None:
    """Make sure, without a look into it, that there is such a file or folder; whether MLflow has an address is not asked.

    Args:
        weights: `training.weights`.

    Raises:
        UserError: Where there is none.
    """
    if weights in ("none", "imagenet") or weights.startswith(ADDRESSES) or Path(weights).expanduser().exists():
        return
    msg = f"`training.weights` is {weights}, allowed is: {WEIGHTS}; there is none."
    raise UserError(msg)


def fetch_weights(weights: str) -> str:
    """Fetch a network from MLflow; what is no address there stays as it is.

    Args:
        weights: `runs:/<id>`, `runs:/<id>/segmenter`, `models:/<name>@<alias>`, `models:/<name>/<version>`, or anything else.

    Returns:
        Path of a `.keras` file for an address of MLflow.

    Raises:
        UserError: Where MLflow has no such network.
    """
    if not weights.startswith(ADDRESSES):
        return weights
    import mlflow

    whole = f"{weights}/segmenter" if weights.startswith("runs:/") and weights.count("/") == 1 else weights
    try:
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=whole))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        msg = f"`training.weights` is {weights!r}, but MLflow has no such network: {error}"
        raise UserError(msg) from error
    files = sorted(folder.rglob("*.keras"))
    if not files:
        msg = f"`training.weights` is {weights!r}, but what MLflow has there is no network of Keras."
        raise UserError(msg)
    return str(files[0])


def record_weights(weights: str, fetched: str) -> str:
    """Name weights for good: what lies at an address or a path today may be another network tomorrow.

    Args:
        weights: What was asked for.
        fetched: What `fetch_weights` gave for it.

    Returns:
        What was asked for, with the beginning of the file's SHA-256 where it is a file.

    Raises:
        UserError: Where there is no such file.

    Example:
        >>> record_weights("imagenet", "imagenet")
        'imagenet'
    """
    from tumourflow.networks import fingerprint_weights

    digest = fingerprint_weights(fetched)
    return weights if digest == fetched else f"{weights}{_DIGEST}{digest[:_DIGITS]})"


def split_record(recorded: str) -> tuple[str, str]:
    """Take apart what `record_weights` made: what was asked for, and the beginning of the file's SHA-256, empty where it is no file.

    Example:
        >>> split_record("runs:/8c1f (SHA-256 0123456789abcdef)"), split_record("imagenet")
        (('runs:/8c1f', '0123456789abcdef'), ('imagenet', ''))
    """
    weights, _, digest = recorded.rpartition(_DIGEST)
    return (weights, digest.removesuffix(")")) if weights else (recorded, "")
