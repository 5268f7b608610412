"""Nodes of the cross-validation room."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import product
from typing import Any, Protocol

import pandas as pd

from tumourflow.curation.leakage import inspect_leakage
from tumourflow.curation.proposal import propose_split
from tumourflow.datasets import ArrayStore, Checkpoint, ImageStore, TableStore, fetch_weights
from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import read_policy
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.folds import compare_seeds, describe_recipe, fingerprint_recipe, name_fold, pool_folds
from tumourflow.measures.summary import summarise_rows
from tumourflow.options import PredictionOptions, SplittingOptions, TrainingOptions
from tumourflow.options import Protocol as SplitProtocol
from tumourflow.types import Stream

logger = logging.getLogger(__name__)


class TrackedFold(Protocol):
    """Follows the training of one fold, in a run of its own."""

    def __call__(self, event: dict[str, float]) -> None:
        """Take the figures of the training so far."""

    def report(self, figures: Mapping[str, Any]) -> None:
        """Take the figures of the fold's test cases."""


FoldTracker = Callable[[str, Mapping[str, Any]], AbstractContextManager[TrackedFold]]
"""Opens a tracked run of a name and parameters below the one that is open."""


def deal_folds(
    cases: pd.DataFrame, splits: pd.DataFrame, splitting: SplittingOptions, seed: int, folds: int | None, protocol: SplitProtocol
) -> pd.DataFrame:
    """Split the cohort once for every fold; each passes the gate.

    Args:
        cases: The table of cases.
        splits: The split of one fold; its column `fold` tells in which fold each case is tested.
        splitting: Shares of patients.
        seed: Of the draw.
        folds: Number of folds; the published ones have their own.
        protocol: Whole patients, slices or published folds.

    Returns:
        `turn, case_id, patient, split`: the split of each turn, counted from 0.

    Raises:
        UserError: Where there are no folds, or where one of the splits leaks.
    """
    if not folds and protocol != "official":
        msg = "A cross-validation needs to know how many folds: --params=folds=5, or protocol=official where the cohort has published ones."
        raise UserError(msg)
    turns = []
    for turn in range(int(splits["fold"].max()) + 1):
        split = propose_split(cases, splitting, seed, None, folds, turn, protocol)
        inspect_leakage(split, cases, protocol)
        turns.append(split.drop(columns="fold").assign(turn=turn))
    return pd.concat(turns, ignore_index=True)[["turn", "case_id", "patient", "split"]]


def fingerprint_folds(
    cases: pd.DataFrame,
    preparation: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    training: TrainingOptions,
    seed: int,
    prediction: PredictionOptions,
    splitting: SplittingOptions,
    protocol: SplitProtocol,
) -> str:
    """Name what all folds have in common, so that finished ones are found again, also those of `kedro run --params=folds=K,fold=F`."""
    shares = splitting.model_dump(mode="json")
    recipe = describe_recipe(preparation, augmentation_policy, training.describe(), seed, prediction.model_dump(mode="json"), shares)
    return fingerprint_recipe(cases, recipe if protocol == "patient" else recipe | {"protocol": protocol})


def score_folds(
    model_input: ArrayStore,
    images: ImageStore,
    cases: pd.DataFrame,
    fold_splits: pd.DataFrame,
    preparation: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    training: TrainingOptions,
    prediction: PredictionOptions,
    seed: int,
    recipe_fingerprint: str,
    finished_folds: TableStore,
    fold_tracker: FoldTracker,
    training_checkpoint: Checkpoint,
) -> Stream[tuple[str, pd.DataFrame]]:
    """Train and score every fold, and every seed, that no earlier run has finished; each is stored as soon as it is done.

    Returns:
        Stream of names and of scores of the test cases.
    """
    from tumourflow.experiments.held_out import Corridor
    from tumourflow.prediction.case_reader import CaseReader

    restored, (augmentation, _) = Preparation.from_dict(preparation), read_policy(augmentation_policy)
    turns, there = int(fold_splits["turn"].max()) + 1, set(finished_folds.keys())

    def run() -> Iterator[tuple[str, pd.DataFrame]]:
        reader, weights, resume = CaseReader(images, cases), fetch_weights(training.weights), training.resume
        for repeat, turn in product(range(training.seeds), range(turns)):
            name = name_fold(recipe_fingerprint, turns, turn, repeat)
            if name in there:
                logger.info("Fold %d of %d (seed %d) is there already.", turn + 1, turns, seed + repeat)
                continue
            options = training.model_copy(update={"resume": resume, "weights": weights})
            corridor = Corridor(model_input["images"], model_input["masks"], reader, restored, augmentation, options, prediction)
            sides = fold_splits[fold_splits["turn"] == turn].set_index("case_id")["split"]
            index = model_input.index.assign(split=model_input.index["case_id"].map(sides))
            with fold_tracker(f"fold {turn}, seed {seed + repeat}", {"fold": turn, "seed": seed + repeat}) as tracked:
                scores = corridor.score_held_out(index, seed + repeat, tracked, training_checkpoint)
                tracked.report({"test": summarise_rows(scores)})
            yield name, scores.merge(cases[["case_id", "site"]], on="case_id")
            resume = False

    return Stream(run)


def pool_scores(
    fold_scores: TableStore,
    recipe_fingerprint: str,
    fold_splits: pd.DataFrame,
    leakage_report: Mapping[str, Any],
    training: TrainingOptions,
) -> dict[str, Any]:
    """Pool the out-of-fold scores: every patient was tested once, by a network that never saw it.

    Returns:
        What `pool_folds` gives; `between_seeds` where there are several; `leaky` and `protocol` where the split leaks.
    """
    folds = int(fold_splits["turn"].max()) + 1
    pooled = pool_folds(fold_scores, recipe_fingerprint, folds)
    seeds = {"between_seeds": compare_seeds(fold_scores, recipe_fingerprint, folds, training.seeds)} if training.seeds > 1 else {}
    marks = {"leaky": True, "protocol": leakage_report["protocol"]} if leakage_report["leaky"] else {}
    return {**pooled, **seeds, **marks}
