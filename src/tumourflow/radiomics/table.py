"""The table of features, and what classifiers make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from tumourflow.imaging.plane import take_plane
from tumourflow.radiomics.cohort import Cohort, Floats
from tumourflow.radiomics.extract import extract_each, list_features
from tumourflow.radiomics.importance import shuffle_features
from tumourflow.radiomics.nested import Fold, cross_validate, describe_choice, judge_split, tell_held_out
from tumourflow.types import CROSS_VALIDATED, Mask, Pixels

DESCRIBED = ["case_id", "patient", "site", "group", "split", "label"]


class Images(Protocol):
    """Where images and true masks are stored under keys."""

    def read(self, key: str) -> Pixels:
        """Read an image."""

    def read_mask(self, key: str) -> Mask:
        """Read a mask."""


class Masks(Protocol):
    """Where predicted masks are stored under the name of their case."""

    def read(self, case_id: str) -> Mask:
        """Read a mask."""


class Told(NamedTuple):
    """What classifiers made of one kind of mask.

    Attributes:
        scores: `case_id, patient, site, group, split, label, probability.<class>`: the out-of-fold rows with split `cross_validated`, and
            those of the run's own split where it has what is needed.
        choice: What was chosen, see `describe_choice`, and in `three_way` that of the run's own split.
        folds: The outer folds with their classifiers.
    """

    scores: pd.DataFrame
    choice: dict[str, Any]
    folds: list[Fold]


def measure_case(images: Images, predicted: Masks, lead_channel: int, case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Measure a case on its true mask, on the predicted one, and on the whole image.

    Args:
        images: Images and true masks.
        predicted: Predicted masks.
        lead_channel: Channel to measure, counted from 0; an image with fewer shows its last.
        case: `case_id, patient, site, group, split, label`, the keys `image` and `mask`, and `pixel_height, pixel_width`.

    Returns:
        A row each, in this order.
    """
    plane = take_plane(images.read(case["image"]), lead_channel)
    masks = {"true": images.read_mask(case["mask"]), "predicted": predicted.read(case["case_id"]), "none": None}
    measured = extract_each(plane, masks, (case["pixel_height"], case["pixel_width"]))
    return [{**{name: case[name] for name in DESCRIBED}, "mask": kind, **features} for kind, features in measured.items()]


def choose_rows(features: pd.DataFrame, mask: str) -> pd.DataFrame:
    """Choose the rows of one kind of mask, in the order of the cases: all kinds have the same."""
    return features[features["mask"] == mask].sort_values("case_id", ignore_index=True)


def gather_cohort(rows: pd.DataFrame, classes: list[str]) -> Cohort:
    """Gather what classifiers learn from.

    Args:
        rows: One row a case: `label, group` and the features.
        classes: Names of the classes in their order.
    """
    labels = pd.Index(classes).get_indexer(pd.Index(rows["label"])).astype(np.int64)
    return Cohort(rows[list_features(rows.columns)], labels, rows["group"].to_numpy(str))


def tabulate(rows: pd.DataFrame, probabilities: Floats, classes: list[str]) -> pd.DataFrame:
    """Put what was told of cases beside what describes them.

    Args:
        rows: One row a case, numbered from 0.
        probabilities: `(cases, classes)`.
        classes: Names of the classes in their order.
    """
    return rows[DESCRIBED].join(pd.DataFrame(probabilities, columns=[f"probability.{name}" for name in classes]))


def score_mask(rows: pd.DataFrame, folds: int, seed: int, scheduler: str = "synchronous") -> Told:
    """Tell types apart from one kind of mask.

    Args:
        rows: One row a case: `case_id, patient, site, group, split, label` and the features.
        folds: Outer folds.
        seed: Of folds and classifiers.
        scheduler: Where the folds run.
    """
    classes = sorted(rows["label"].unique())
    cohort = gather_cohort(rows, classes)
    found = cross_validate(cohort, len(classes), folds, seed, scheduler)
    tables = [tabulate(rows.assign(split=CROSS_VALIDATED), tell_held_out(cohort, found, len(classes)), classes)]
    choice, judged = describe_choice(found), judge_split(cohort, rows["split"].to_numpy(str), len(classes), seed)
    if judged:
        tables.append(tabulate(rows, judged[1], classes))
        choice["three_way"] = judged[0]._asdict()
    return Told(pd.concat(tables, ignore_index=True), choice, found)


def weigh_features(rows: pd.DataFrame, told: Told, seed: int) -> pd.DataFrame:
    """Tell by how much the loss of each case grows where a feature is shuffled, see `shuffle_features`.

    Args:
        rows: What `score_mask` was given.
        told: What it gave.
        seed: Of the shuffling.
    """
    return shuffle_features(gather_cohort(rows, sorted(rows["label"].unique())), told.folds, seed)
