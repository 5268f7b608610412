"""Shrink the images, tell random labels, heed the verdict."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.curation.canary import Canary, choose_images, judge, make_features, tell_labels
from tumourflow.datasets import ImageStore
from tumourflow.errors import UserError
from tumourflow.imaging.parallel import map_parallel
from tumourflow.options import IngestionOptions, LeakageOptions
from tumourflow.types import ArrayChunk

logger = logging.getLogger(__name__)


def shrink_images(
    images: ImageStore,
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    ingestion: IngestionOptions,
    leakage: LeakageOptions,
    seed: int,
    scheduler: str,
) -> ArrayChunk:
    """Make thumbnails of the training and test images.

    Args:
        images: Store of images.
        cases: The table of cases.
        splits: The split as it passed the gate.
        ingestion: Names the lead channel.
        leakage: How many images at most.
        seed: Of the draw of images where there are more.
        scheduler: Where the reading runs.

    Returns:
        `features` of each image, with `case_id, image, unit, split`.
    """
    chosen = choose_images(cases, splits, leakage.images, seed)
    lead_channel = ingestion.lead_channel
    features = map_parallel(lambda key: make_features(images.read(key), lead_channel), chosen["image"], scheduler)
    return ArrayChunk(chosen, {"features": np.stack(list(features))})


def ask_canary(canary_input: ArrayChunk, leakage_report: Mapping[str, Any], leakage: LeakageOptions, seed: int) -> Canary:
    """Let a small model tell random labels of patients.

    Args:
        canary_input: Thumbnails.
        leakage_report: The gate's report: `protocol`, and whether it is known to leak.
        leakage: Number of labelings.
        seed: Of the labels.

    Returns:
        Verdict and accuracy, and on what they rest.
    """
    verdict = judge(tell_labels(canary_input, leakage.labelings, seed))
    sides = canary_input.index.groupby("split")
    return {
        **verdict,
        "protocol": leakage_report["protocol"],
        "leaky": leakage_report["leaky"],
        "labelings": leakage.labelings,
        "images": {name: int(count) for name, count in sides.size().items()},
        "patients": {name: int(count) for name, count in sides["unit"].nunique().items()},
    }


def heed_canary(canary_report: Mapping[str, Any]) -> None:
    """Say what was found; stop where a split leaks that is meant to be sound.

    Args:
        canary_report: What `ask_canary` found.

    Raises:
        UserError: If labels are told above chance under a protocol that keeps patients apart.
    """
    accuracy, protocol = canary_report["accuracy"], canary_report["protocol"]
    share = "{value:.3f} [{low:.3f}, {high:.3f}]".format(**accuracy)
    found = f"random labels of patients are told in {share} of the test images, where chance is {canary_report['chance']}"
    logger.info("Canary under `protocol: %s`: %s (%s).", protocol, canary_report["verdict"], found)
    if canary_report["verdict"] == "leaks" and not canary_report["leaky"]:
        msg = f"Leak under `protocol: {protocol}`: {found}, so the model knows test patients from training images; "
        msg += "check that every patient has one name (`ingestion.case_pattern`, `split_file`)."
        raise UserError(msg)
