"""Nodes of the cross-validation room."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from tumourflow.curation.leakage import leakage_marks
from tumourflow.curation.learned import require_unseen
from tumourflow.curation.turns import deal_turns
from tumourflow.datasets import ArrayStore, Checkpoint, ImageStore, NetworkStore, TableStore, fetch_weights, find_learned, record_weights
from tumourflow.errors import UserError
from tumourflow.folds.ensembles import judge_means
from tumourflow.folds.pooled import compare_seeds, pool_folds
from tumourflow.folds.recipe import describe_recipe, fingerprint_networks, fingerprint_recipe
from tumourflow.imaging.augmentation import read_policy
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import PredictionOptions, SplittingOptions, TrainingOptions
from tumourflow.options import Protocol as SplitProtocol
from tumourflow.options.plan import Plan, planned_training
from tumourflow.types import FoldTracker, Stream

logger = logging.getLogger(__name__)


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
        `turn, case_id, patient, split, leaky`: the split of each turn, counted from 0, and whether it leaks.

    Raises:
        UserError: Where there are no folds, or where one of the splits leaks.
    """
    if not folds and protocol != "official":
        msg = "A cross-validation needs to know how many folds: --params=folds=5, or protocol=official where the cohort has published ones."
        raise UserError(msg)
    dealt = deal_turns(cases, splitting, seed, folds, sorted(set(splits["fold"])), protocol)
    if dealt["leaky"].any():
        leaking = ", ".join(str(turn) for turn in sorted(set(dealt.loc[dealt["leaky"], "turn"])))
        logger.warning("LEAKY: %s protocol (turns %s of the cross-validation), and so is all that is pooled.", protocol, leaking)
    return dealt


def fingerprint_folds(
    cases: pd.DataFrame,
    preparation: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    plan: Plan,
    training: TrainingOptions,
    seed: int,
    prediction: PredictionOptions,
    splitting: SplittingOptions,
    protocol: SplitProtocol,
) -> tuple[str, str]:
    """Name what all folds have in common, so that finished ones are found again, also those of `kedro run --params=folds=K,fold=F`.

    Returns:
        The fingerprint by which scores are known, and that of networks.
    """
    training = planned_training(plan, training)
    described = training.describe() | {"weights": record_weights(training.weights, fetch_weights(training.weights))}
    recipe = describe_recipe(preparation, augmentation_policy, described, seed, prediction, splitting)
    recipe = recipe if protocol == "patient" else recipe | {"protocol": protocol}
    return fingerprint_recipe(cases, recipe), fingerprint_networks(cases, recipe)


def score_folds(
    model_input: ArrayStore,
    images: ImageStore,
    cases: pd.DataFrame,
    fold_splits: pd.DataFrame,
    preparation: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    plan: Plan,
    training: TrainingOptions,
    prediction: PredictionOptions,
    seed: int,
    recipe_fingerprint: str,
    training_fingerprint: str,
    finished_folds: TableStore,
    fold_tracker: FoldTracker,
    fold_checkpoint: Checkpoint,
    fold_networks: NetworkStore,
) -> Stream[tuple[str, pd.DataFrame]]:
    """Train and score every fold, and every seed, that no earlier run has finished; each is stored as soon as it is done.

    Returns:
        Stream of names and of scores of the test cases; of several seeds also those of their average.

    Raises:
        UserError: Where the network in `training.weights` has learned from patients that would judge.
    """
    from tumourflow.experiments.cross_validation import CrossValidation
    from tumourflow.experiments.held_out import Corridor
    from tumourflow.prediction.case_reader import CaseReader

    training = planned_training(plan, training)
    fetched = fetch_weights(training.weights)
    learned = find_learned(training.weights, fetched)
    for _, split in fold_splits[~fold_splits["leaky"]].groupby("turn"):
        require_unseen(cases, split, learned, training.weights)
    restored, (augmentation, _) = Preparation.from_dict(preparation), read_policy(augmentation_policy)
    splits, origins = fold_splits[["turn", "case_id", "split", "leaky"]], cases[["case_id", "group", "site"]]

    def run() -> Iterator[tuple[str, pd.DataFrame]]:
        options = training.model_copy(update={"weights": fetched})
        arrays, reader = (model_input["images"], model_input["masks"]), CaseReader(images, cases)
        corridor = Corridor(*arrays, reader, restored, augmentation, options, prediction)
        named, kept = (recipe_fingerprint, training_fingerprint, seed), (fold_tracker, fold_networks, fold_checkpoint)
        folds = CrossValidation(corridor, model_input.index, splits, origins, *named, *kept)
        yield from folds.run(set(finished_folds.keys()))

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
        What `pool_folds` gives; `between_seeds` and `ensemble_of_seeds` where there are several seeds; `leaky` and `protocol` where
        the split of any turn leaks.
    """
    folds = int(fold_splits["turn"].max()) + 1
    pooled = pool_folds(fold_scores, recipe_fingerprint, folds)
    seeds = {}
    if training.seeds > 1:
        several = (fold_scores, recipe_fingerprint, folds, training.seeds)
        seeds = {"between_seeds": compare_seeds(*several), "ensemble_of_seeds": judge_means(*several)}
    return {**pooled, **seeds, **leakage_marks({**leakage_report, "leaky": fold_splits["leaky"].any()})}
