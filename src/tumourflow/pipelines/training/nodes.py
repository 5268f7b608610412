"""Nodes of the training room."""

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Any

import pandas as pd

from tumourflow.curation.learned import require_unseen
from tumourflow.datasets import ArrayStore, Checkpoint, NetworkStore, TableStore, fetch_weights, find_learned, record_weights
from tumourflow.folds.checks import require_split
from tumourflow.folds.recipe import describe_recipe, fingerprint_networks, fingerprint_recipe
from tumourflow.imaging.augmentation import read_policy
from tumourflow.options import AugmentationOptions, PredictionOptions, PreparationOptions, Protocol, SplittingOptions, TrainingOptions
from tumourflow.options.agreement import require_agreement
from tumourflow.options.plan import Plan, planned_preparation, planned_training
from tumourflow.types import KerasModel, Listener


def fingerprint_training(
    cases: pd.DataFrame,
    preparation: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    plan: Plan,
    options: TrainingOptions,
    seed: int,
    prediction: PredictionOptions,
    splitting: SplittingOptions,
    augmentation: AugmentationOptions,
    wanted: PreparationOptions,
    splits: pd.DataFrame,
    leakage_report: Mapping[str, Any],
    protocol: Protocol,
    folds: int | None,
    fold: int,
) -> tuple[str, str]:
    """Name the cross-validation whose networks and scores are of the same cases and parameters, as that names itself.

    Returns:
        The fingerprint by which networks are known, and that of scores.

    Raises:
        UserError: Where this room is run alone, and what it begins with was made by other parameters.
    """
    require_split(splits, leakage_report["protocol"], protocol, folds, fold)
    require_agreement("augmentation", augmentation, augmentation_policy)
    # Where slices have no order there is no context, whatever is asked for.
    apart = {"context"} if preparation.get("unit") == "slice" else set()
    made = {name: value for name, value in preparation.items() if name not in apart}
    require_agreement("preparation", planned_preparation(plan, wanted, options), made)
    options = planned_training(plan, options)
    described = options.describe() | {"weights": record_weights(options.weights, fetch_weights(options.weights))}
    recipe = describe_recipe(preparation, augmentation_policy, described, seed, prediction, splitting)
    return fingerprint_networks(cases, recipe), fingerprint_recipe(cases, recipe)


def train_network(
    model_input: ArrayStore,
    cases: pd.DataFrame,
    augmentation_policy: Mapping[str, Any],
    plan: Plan,
    options: TrainingOptions,
    seed: int,
    training_listener: Listener,
    training_checkpoint: Checkpoint,
    seed_networks: NetworkStore,
    fold_networks: NetworkStore,
    training_fingerprint: str,
    finished_folds: TableStore,
    scored_fingerprint: str,
    leakage_report: Mapping[str, Any],
) -> tuple[KerasModel, pd.DataFrame, str, dict[str, Any]]:
    """Train the network on the training slices and keep the weights that do best on the validation patients.

    Of several seeds it is the average of as many networks; with `training.average_folds` it is that of the networks of a
    cross-validation, and nothing is trained.

    Args:
        model_input: Prepared slices: arrays `images` and `masks`, and an index with `patient`, `slice`, `split`, `tumour` and `labelled`.
        cases: The table of cases.
        augmentation_policy: Ranges of change and the network's input channels, as the augmentation room records them.
        plan: What was planned.
        options: Which network, how and for how long.
        seed: Seed of everything random.
        training_listener: Called with the figures of the training while it goes on, and closed at its end.
        training_checkpoint: Keeps the state of the training, should it be interrupted.
        seed_networks: Keeps the networks of the first seeds until those of the last are there.
        fold_networks: What cross-validations have left.
        training_fingerprint: Names the one whose networks are averaged.
        finished_folds: Scores that cross-validations have left.
        scored_fingerprint: Names those of the one whose networks are averaged.
        leakage_report: The gate's report.

    Returns:
        The network, the training curves (one row a validation and network), the table of its layers, and what made it and what came out;
        curves and record tell whether the split is `leaky`.

    Raises:
        UserError: Where the network in `training.weights` has learned from patients that would judge.
    """
    from tumourflow.experiments.members import average_folds
    from tumourflow.experiments.seeds import train_seeds
    from tumourflow.training import train_segmenter

    options = planned_training(plan, options)
    # Weights are recorded by address and content, before another network may lie there; not by where they were put on this machine.
    fetched = fetch_weights(options.weights)
    described = options.describe() | {"weights": record_weights(options.weights, fetched)}
    leaky = bool(leakage_report["leaky"])
    if not leaky:
        require_unseen(cases, model_input.index, find_learned(options.weights, fetched), options.weights)
    if options.average_folds:
        trained = average_folds(fold_networks, training_fingerprint, options.seeds, finished_folds.keys(), scored_fingerprint)
    else:
        augmentation, layout = read_policy(augmentation_policy)
        images, masks, index = model_input["images"], model_input["masks"], model_input.index
        with closing(training_listener):
            trained = train_seeds(
                partial(train_segmenter, images, masks, index, layout, augmentation=augmentation),
                index,
                options=options.model_copy(update={"weights": fetched}),
                seed=seed,
                listener=training_listener,
                checkpoint=training_checkpoint,
                finished=seed_networks,
            )
    return trained.model, trained.curves.assign(leaky=leaky), trained.summary, trained.record | {"options": described, "leaky": leaky}
