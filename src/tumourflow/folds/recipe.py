"""What the runs of one cross-validation have in common, and the fingerprint by which they find one another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.options import PredictionOptions, SplittingOptions

_DEALT = ["case_id", "group", "image", "mask", "label", "site", "official_fold"]


def describe_recipe(
    preparation: Mapping[str, Any],
    augmentation: Mapping[str, Any],
    training: Mapping[str, Any],
    seed: int,
    prediction: PredictionOptions,
    splitting: SplittingOptions,
) -> dict[str, Any]:
    """Gather what two runs must share to be folds of one cross-validation, for `fingerprint_recipe`."""
    return {
        "preparation": dict(preparation),
        "augmentation": dict(augmentation),
        "training": dict(training),
        "seed": seed,
        "prediction": prediction.model_dump(mode="json"),
        "splitting": splitting.model_dump(mode="json"),
    }


def describe_trained(bundle: Mapping[str, Any], prediction: PredictionOptions, splitting: SplittingOptions) -> dict[str, Any]:
    """Gather the same from the bundle of a network that was trained."""
    training = bundle["training"]
    return describe_recipe(bundle["preparation"], bundle["augmentation"], training["options"], training["seed"], prediction, splitting)


def describe_classified(
    bundle: Mapping[str, Any], scores: pd.DataFrame, prediction: PredictionOptions, splitting: SplittingOptions
) -> dict[str, Any]:
    """Gather the same from the bundle of a classifier and the images that it was scored on: `case_id, label`."""
    training = bundle["training"]
    # Averages of several networks are folds of averages alone.
    averaged = {"members": len(training["members"])} if "members" in training else {}
    # Images whose labels were corrected are told apart by other answers, though no pixel has changed.
    labels = sorted(scores[["case_id", "label"]].itertuples(index=False, name=None))
    return describe_trained(bundle, prediction, splitting) | averaged | {"labels": labels}


def fingerprint_networks(cases: pd.DataFrame, recipe: Mapping[str, Any]) -> str:
    """Hash what decides about the weights of the networks of a cross-validation: all that `fingerprint_recipe` knows but `prediction`.

    Where that alone is another, what was trained is scored once more.
    """
    return fingerprint_recipe(cases, {name: value for name, value in recipe.items() if name != "prediction"})


def fingerprint_recipe(cases: pd.DataFrame, recipe: Mapping[str, Any]) -> str:
    """Hash what makes the runs of a cross-validation one: the same cases, dealt alike, under the same parameters.

    Args:
        cases: Columns `case_id, group, image, mask`, where image and mask are hashes of pixels, and by what else folds are dealt out:
            `label, site, official_fold`. Where one of these was corrected, other patients are in other folds, and networks of the old ones
            have seen them.
        recipe: Parameters that matter, in values that JSON knows.

    Returns:
        The first 32 hexadecimal digits of a SHA-256; neither the order of the rows nor that of the parameters matters.
    """
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode())
    for row in sorted(cases[_DEALT].itertuples(index=False, name=None)):
        digest.update("\0".join(map(str, row)).encode() + b"\n")
    return digest.hexdigest()[:32]
