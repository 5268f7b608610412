"""What stands beside the model, so that use does the same as training."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tumourflow import __version__
from tumourflow.cohorts.shown import read_sequences, read_window
from tumourflow.imaging.preparation import Preparation

BUNDLE_FORMAT = 1
"""Raised when a reader of older bundles would misunderstand a new one."""

INPUT_KINDS: dict[tuple[str, ...], str] = {
    ("T1", "FLAIR", "T1-CE"): "brain-flair3",
    ("T1-CE",): "brain-t1ce",
    ("US",): "breast-us",
}
"""Names for sets of channels that pictures of different cohorts share: what they show, and how."""

CLASSES = ("background", "tumour")


def input_kind(channels: Sequence[str]) -> str | None:
    """Name the kind of image that a network was trained on, or null where it has no name.

    Args:
        channels: Names of the channels in their order.

    Example:
        >>> input_kind(["T1", "FLAIR", "T1-CE"]), input_kind(["CT"])
        ('brain-flair3', None)
    """
    return INPUT_KINDS.get(tuple(channels))


def describe_origin(cases: pd.DataFrame, splits: pd.DataFrame, leakage_report: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a model of any kind was made with, and from what.

    Args:
        cases: Columns `case_id, image, mask`, and those that say how images were shown and joined.
        splits: Columns `case_id, patient, split`.
        leakage_report: `protocol` and `leaky`.

    Returns:
        `format, tumourflow, data_fingerprint, window, sequences, patients, protocol, leaky`; `window` is null where none was applied, and
        `sequences` is empty where no files were joined.
    """
    return {
        "format": BUNDLE_FORMAT,
        "tumourflow": __version__,
        "data_fingerprint": fingerprint_data(cases, splits),
        "window": read_window(cases),
        "sequences": read_sequences(cases),
        "patients": patients_by_split(splits),
        "protocol": leakage_report["protocol"],
        "leaky": leakage_report["leaky"],
    }


def describe_channels(channels: Sequence[str]) -> dict[str, Any]:
    """Say which images a model takes: `input_kind` and `channels`.

    Args:
        channels: Names of the channels in their order.
    """
    return {"input_kind": input_kind(channels), "channels": list(channels)}


def describe_training(preparation: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a network sees and how it was trained: `layout, preparation, training`.

    Args:
        preparation: What the preparation room decided.
        record: What the training left.
    """
    return {"layout": Preparation.from_dict(preparation).layout.to_dict(), "preparation": dict(preparation), "training": dict(record)}


def fingerprint_data(cases: pd.DataFrame, splits: pd.DataFrame) -> str:
    """Hash what a network learned from: which pixels, under which case, on which side of the split.

    Args:
        cases: Columns `case_id, image, mask`; image and mask are hashes of pixels.
        splits: Columns `case_id, split`.

    Returns:
        SHA-256 in hexadecimal digits; the order of rows does not matter.
    """
    rows = cases[["case_id", "image", "mask"]].merge(splits[["case_id", "split"]], on="case_id", validate="one_to_one")
    digest = hashlib.sha256()
    for row in sorted(rows.itertuples(index=False, name=None)):
        digest.update("\0".join(map(str, row)).encode() + b"\n")
    return digest.hexdigest()


def patients_by_split(splits: pd.DataFrame) -> dict[str, int]:
    """Count the patients on each side of the split.

    Args:
        splits: Columns `patient, split`.

    Example:
        >>> patients_by_split(pd.DataFrame({"patient": list("aab"), "split": ["train", "train", "test"]}))
        {'train': 1, 'validation': 0, 'test': 1}
    """
    counted = splits.groupby("split")["patient"].nunique()
    return {split: int(counted.get(split, 0)) for split in ("train", "validation", "test")}
