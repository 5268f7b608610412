"""By what a training can be told from one that began with other weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tumourflow.networks.weights.stored import find_file

BY_NAME = ("none", "imagenet")
"""Weights that are the same wherever and whenever they are asked for."""


def fingerprint_weights(weights: str) -> str:
    """Hash the file that a training begins with: what lies at an address or a path today may be another network tomorrow.

    Args:
        weights: As `load_weights` takes them.

    Returns:
        SHA-256 of the file in hexadecimal digits; `none` and `imagenet` as they are.

    Raises:
        UserError: Where there is no such file.

    Example:
        >>> fingerprint_weights("imagenet")
        'imagenet'
    """
    if weights in BY_NAME:
        return weights
    with find_file(Path(weights)).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
