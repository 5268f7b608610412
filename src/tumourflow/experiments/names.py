"""By what a training is known again: when its network is ready, and while it is under way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.networks import fingerprint_weights
from tumourflow.options import TrainingOptions
from tumourflow.training.state import fingerprint_index


def name_member(index: pd.DataFrame, options: TrainingOptions, seed: int, besides: Mapping[str, Any] | None = None) -> str:
    """Name a network by all that decides about its weights.

    Args:
        index: Table of the prepared slices.
        options: How it is trained.
        seed: Of its training.
        besides: What decides besides.
    """
    weights = {"weights": fingerprint_weights(options.weights)}
    described = json.dumps(options.describe() | weights | dict(besides or {}), sort_keys=True)
    digest = hashlib.sha256(f"{fingerprint_index(index)}\0{described}".encode()).hexdigest()
    return f"{digest[:32]}/seed{seed}"


def name_state(index: pd.DataFrame, options: TrainingOptions, seed: int, besides: Mapping[str, Any] | None = None) -> str:
    """Name the state of a training by all that must be the same when it goes on; see `name_member`.

    The learning rate may be another, should the loss have ceased to be a number.
    """
    return name_member(index, options, seed, {**(besides or {}), "learning_rate": None})
