"""Choose the cases, predict their masks, measure, classify, compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from tumourflow.curation.leakage import leakage_marks
from tumourflow.curation.learned import require_unseen
from tumourflow.curation.turns import deal_turns
from tumourflow.curation.typed import choose_typed, knows_sizes
from tumourflow.datasets import ArrayStore, ImageFolder, ImageStore, NetworkStore, fetch_weights, find_learned, record_weights
from tumourflow.figures.banner import mark_leaky
from tumourflow.folds.names import find_finished
from tumourflow.folds.recipe import describe_recipe, fingerprint_networks
from tumourflow.imaging.augmentation import read_policy
from tumourflow.imaging.parallel import map_parallel
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.classification import classification_report
from tumourflow.measures.importance import rank_features
from tumourflow.measures.mask_costs import MASKS, PREDICTED, TRUE, brief_scores, summarise_masks
from tumourflow.options import IngestionOptions, PredictionOptions, RadiomicsOptions, SplittingOptions, TrainingOptions
from tumourflow.options.plan import Plan, planned_training
from tumourflow.radiomics.classifiers import Classifier
from tumourflow.radiomics.stored import describe_versions
from tumourflow.radiomics.table import choose_rows, measure_case, score_mask, weigh_features
from tumourflow.radiomics.type_model import MILLIMETRE, PIXEL
from tumourflow.types import CROSS_VALIDATED, Figure, FoldTracker, Mask, Stream


def choose_typed_cases(cases: pd.DataFrame, splits: pd.DataFrame, radiomics: RadiomicsOptions) -> pd.DataFrame:
    """Choose the cases whose tumour has a type; nothing is fitted before they are known to be enough."""
    from tumourflow.radiomics.nested import count_needed

    return choose_typed(cases, splits, count_needed(radiomics.folds))


def segment_unseen(
    model_input: ArrayStore,
    images: ImageStore,
    cases: pd.DataFrame,
    typed_cases: pd.DataFrame,
    preparation: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    plan: Plan,
    training: TrainingOptions,
    prediction: PredictionOptions,
    splitting: SplittingOptions,
    radiomics: RadiomicsOptions,
    seed: int,
    fold_tracker: FoldTracker,
    fold_networks: NetworkStore,
) -> Stream[tuple[str, Mask]]:
    """Predict the mask of every typed case by a network that never saw its patient, or anybody who belongs to it.

    The networks of a cross-validation with the same parameters are taken where all of them are there; otherwise they are trained, in
    `radiomics.minutes` each, and kept.

    Returns:
        Stream of names and masks at native resolution.

    Raises:
        UserError: Where the network in `training.weights` has learned from patients that are held out.
    """
    from tumourflow.experiments.held_out import Corridor
    from tumourflow.experiments.out_of_fold import OutOfFold
    from tumourflow.prediction.case_reader import CaseReader

    training, policy = planned_training(plan, training), augmentation_policy
    short = training if training.steps else training.model_copy(update={"time_budget_minutes": radiomics.minutes})
    fetched = fetch_weights(training.weights)
    weights = {"weights": record_weights(training.weights, fetched)}
    recipes = [describe_recipe(preparation, policy, each.describe() | weights, seed, prediction, splitting) for each in (training, short)]
    whole, own = (fingerprint_networks(cases, recipe) for recipe in recipes)
    there = find_finished(fold_networks.keys(), whole)
    fingerprint, options, turns = (whole, training, there) if there else (own, short, radiomics.mask_folds)
    fold_splits, typed = deal_turns(cases, splitting, seed, turns, range(turns)), set(typed_cases["case_id"])
    learned = find_learned(training.weights, fetched)
    for _, split in fold_splits.groupby("turn"):
        require_unseen(cases, split, learned, training.weights)

    def run() -> Iterator[tuple[str, Mask]]:
        begun = options.model_copy(update={"weights": fetched, "resume": False})
        restored, augmentation = Preparation.from_dict(preparation), read_policy(policy)[0]
        arrays, reader = (model_input["images"], model_input["masks"]), CaseReader(images, cases)
        corridor = Corridor(*arrays, reader, restored, augmentation, begun, prediction)
        networks = OutOfFold(corridor, model_input.index, fold_splits, fingerprint, seed, fold_tracker, fold_networks)
        yield from ((case_id, mask) for case_id, mask in networks.segment() if case_id in typed)

    return Stream(run)


def measure_features(
    images: ImageStore, typed_cases: pd.DataFrame, unseen_masks: ImageFolder, ingestion: IngestionOptions, scheduler: str
) -> pd.DataFrame:
    """Measure every case on its true mask, on the predicted one, and on the whole image.

    Returns:
        `case_id, patient, site, group, split, label, mask` and the features, one row a case and kind of mask (`true`, `predicted`, `none`).
    """
    measure = partial(measure_case, images, unseen_masks, ingestion.lead_channel)
    rows = [row for measured in map_parallel(measure, typed_cases.to_dict("records"), scheduler) for row in measured]
    return pd.DataFrame(rows)


def classify_types(
    radiomics_features: pd.DataFrame, radiomics: RadiomicsOptions, leakage_report: Mapping[str, Any], seed: int, scheduler: str
) -> tuple[pd.DataFrame, dict[str, Any], pd.DataFrame]:
    """Tell types apart for each kind of mask, in nested cross-validation and under the split of the run.

    Returns:
        Probabilities of each case, kind of mask and split; what was chosen; and which features decide on true masks. All three tell
        whether the split is `leaky`.
    """
    told = {kind: score_mask(choose_rows(radiomics_features, kind), radiomics.folds, seed, scheduler) for kind in MASKS}
    scores = pd.concat([each.scores.assign(mask=kind) for kind, each in told.items()], ignore_index=True)
    true, rows = told[TRUE], choose_rows(radiomics_features, TRUE)
    importance = rank_features(weigh_features(rows, true, seed), rows["group"])
    leaky = bool(leakage_report["leaky"])
    choice = {**true.choice, "masks": {kind: each.choice for kind, each in told.items() if kind != TRUE}, "leaky": leaky}
    return scores.assign(leaky=leaky), choice, importance.assign(leaky=leaky)


def summarise_types(radiomics_scores: pd.DataFrame, leakage_report: Mapping[str, Any]) -> tuple[dict[str, Any], pd.DataFrame]:
    """Summarise what was told, side by side for the three kinds of masks.

    Returns:
        Figures (see `summarise_masks`), with `leaky` and `protocol` where the split leaks, and the classification report.
    """
    classes = sorted(radiomics_scores["label"].unique())
    leaky = bool(leakage_report["leaky"])
    reports = [
        classification_report(rows, classes).assign(mask=kind, leaky=leaky) for kind, rows in radiomics_scores.groupby("mask", sort=False)
    ]
    return {**summarise_masks(radiomics_scores, classes), **leakage_marks(leakage_report)}, pd.concat(reports, ignore_index=True)


def learn_type_model(
    radiomics_features: pd.DataFrame,
    radiomics_choice: Mapping[str, Any],
    radiomics_metrics: Mapping[str, Any],
    cases: pd.DataFrame,
    typed_cases: pd.DataFrame,
    splits: pd.DataFrame,
    leakage_report: Mapping[str, Any],
    ingestion: IngestionOptions,
    seed: int,
) -> tuple[Classifier, dict[str, Any]]:
    """Fit the classifier that is used on new images to the true masks of the training patients.

    Returns:
        The classifier, and all that its use needs: content of `type_model.json`.
    """
    from tumourflow.prediction.bundle import describe_channels, describe_origin
    from tumourflow.radiomics.learned import learn_types, tell_test

    learned = learn_types(choose_rows(radiomics_features, TRUE), radiomics_choice, seed)
    bundle = {
        **describe_origin(cases, splits, leakage_report),
        **describe_channels(ingestion.channels),
        "lead_channel": ingestion.lead_channel,
        "unit": MILLIMETRE if knows_sizes(cases.merge(typed_cases[["case_id"]], on="case_id")) else PIXEL,
        **learned.describe(),
        "versions": describe_versions(),
        "scores": brief_scores(radiomics_metrics, tell_test(choose_rows(radiomics_features, PREDICTED), learned), learned.classes),
    }
    return learned.classifier, bundle


def draw_types(
    radiomics_scores: pd.DataFrame,
    radiomics_metrics: Mapping[str, Any],
    radiomics_importance: pd.DataFrame,
    leakage_report: Mapping[str, Any],
) -> tuple[Figure, Figure]:
    """Draw the three kinds of masks side by side, and the features that decide."""
    from tumourflow.figures.importance import draw_importance
    from tumourflow.figures.masks_compared import draw_masks_compared

    crossed = radiomics_scores[radiomics_scores["split"] == CROSS_VALIDATED]
    compared = draw_masks_compared(crossed, radiomics_metrics)
    return mark_leaky(compared, leakage_report), mark_leaky(draw_importance(radiomics_importance), leakage_report)
