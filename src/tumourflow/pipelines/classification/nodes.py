"""Nodes of the classification room."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.curation.classes import label_cases, list_classes, number_classes
from tumourflow.curation.learned import require_unseen
from tumourflow.datasets import ArrayStore, Checkpoint, ImageStore, NetworkStore, fetch_weights, find_learned, record_weights
from tumourflow.errors import UserError
from tumourflow.figures.patients import judged_split
from tumourflow.imaging.augmentation import read_policy
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.calibration import calibrate
from tumourflow.measures.class_units import CALIBRATED, probability_columns
from tumourflow.options import ClassificationOptions, IngestionOptions, PredictionOptions, TrainingOptions
from tumourflow.options.classification import describe_classifier
from tumourflow.types import KerasModel, Listener


def choose_classes(
    cases: pd.DataFrame, splits: pd.DataFrame, classification: ClassificationOptions, training: TrainingOptions
) -> pd.DataFrame:
    """Give each image its class.

    Returns:
        `case_id, patient, group, site, split, label`.

    Raises:
        UserError: Where the cohort does not have the classes of the task, where a class has too few groups for the split, or where what is
            asked for is no training of a classifier.
    """
    if training.average_folds:
        msg = "`training.average_folds` averages the networks of a segmentation's cross-validation: leave it out to train a classifier."
        raise UserError(msg)
    return label_cases(cases, splits, classification.task)


def train_classifier(
    model_input: ArrayStore,
    cases: pd.DataFrame,
    class_labels: pd.DataFrame,
    augmentation_policy: Mapping[str, Any],
    training: TrainingOptions,
    classification: ClassificationOptions,
    seed: int,
    training_listener: Listener,
    classifier_checkpoint: Checkpoint,
    classifier_seed_networks: NetworkStore,
    leakage_report: Mapping[str, Any],
) -> tuple[KerasModel, pd.DataFrame, str, dict[str, Any]]:
    """Train a classifier on the training images and keep the weights that do best on the validation patients.

    Returns:
        The network, or the average of those of several seeds; the training curves, the table of its layers, and what made it and what
        came out; curves and record tell whether the split is `leaky`.

    Raises:
        UserError: Where the network in `training.weights` has learned from patients that would judge.
    """
    from tumourflow.experiments.seeds import train_seeds
    from tumourflow.training import train_classifier as train
    from tumourflow.training.classifier import describe_options

    augmentation, layout = read_policy(augmentation_policy)
    index, classes = number_classes(model_input.index, class_labels)
    prepared = model_input["images"], index, layout, len(classes)
    # Weights are recorded by address and content, before another network may lie there; not by where they were put on this machine.
    fetched = fetch_weights(training.weights)
    described = describe_options(training, classification) | {"weights": record_weights(training.weights, fetched)}
    leaky = bool(leakage_report["leaky"])
    if not leaky:
        require_unseen(cases, index, find_learned(training.weights, fetched), training.weights)
    with closing(training_listener):
        trained = train_seeds(
            partial(train, *prepared, augmentation=augmentation, classification=classification),
            index,
            options=training.model_copy(update={"weights": fetched}),
            seed=seed,
            listener=training_listener,
            checkpoint=classifier_checkpoint,
            finished=classifier_seed_networks,
            besides=classification.model_dump(mode="json"),
        )
    record = trained.record | {"options": described, "classes": classes, "leaky": leaky}
    return trained.model, trained.curves.assign(leaky=leaky), trained.summary, record


def predict_images(
    classifier: KerasModel,
    model_input: ArrayStore,
    class_labels: pd.DataFrame,
    preparation: Mapping[str, Any],
    prediction: PredictionOptions,
) -> pd.DataFrame:
    """Predict every image of every split.

    Returns:
        `class_labels` in the order of `model_input`, with `probability.<class>`.
    """
    from tumourflow.networks import choose_precision, convert_precision
    from tumourflow.prediction.classes import predict_classes

    index, layout = model_input.index, Preparation.from_dict(preparation).layout
    network = convert_precision(classifier, choose_precision())
    batches = predict_classes(network, model_input["images"], index, layout, mirrors=prediction.mirrors)
    described = index[["case_id"]].merge(class_labels, on="case_id", validate="one_to_one")
    columns = probability_columns(list_classes(class_labels["label"].tolist()))
    return pd.concat([described, pd.DataFrame(np.concatenate(list(batches)), columns=pd.Index(columns))], axis=1)


def calibrate_classes(class_probabilities: pd.DataFrame, leakage_report: Mapping[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Fit the temperature on the validation images.

    Returns:
        The table with `calibrated.<class>` beside `probability.<class>`; `temperature`, and on how many `images` of which `split` it was
        fitted: 1 where there is none. Both tell whether the split is `leaky`.
    """
    classes = list_classes(class_probabilities["label"].tolist())
    scores, temperature = calibrate(class_probabilities, classes)
    fitted = int(((scores["split"] == "validation") & (scores["label"] != "")).sum())
    leaky = bool(leakage_report["leaky"])
    calibration = {"temperature": temperature, "split": "validation" if fitted else None, "images": fitted, "leaky": leaky}
    return scores.assign(leaky=leaky), calibration


def predict_covered_images(
    classifier: KerasModel,
    images: ImageStore,
    cases: pd.DataFrame,
    class_scores: pd.DataFrame,
    preparation: Mapping[str, Any],
    prediction: PredictionOptions,
) -> pd.DataFrame:
    """Predict the judging images once more with calipers and text covered.

    Slices of a volume carry no annotations and are left out, and so are images on which nothing was found.

    Returns:
        Rows of `class_scores` without the calibrated ones, with `covered`, which tells where something was; no rows where nothing was.
    """
    from tumourflow.networks import choose_precision, convert_precision
    from tumourflow.prediction.case_reader import CaseReader
    from tumourflow.prediction.covered import replace_probabilities

    recipe = Preparation.from_dict(preparation)
    classes = list_classes(class_scores["label"].tolist())
    # Where all patients trained, nobody judges.
    split = judged_split(class_scores)
    judged = class_scores[(class_scores["split"] == split) & (recipe.unit == "slice") & (split != "train")]
    judged = judged.drop(columns=probability_columns(classes, CALIBRATED)).reset_index(drop=True)
    network, columns = convert_precision(classifier, choose_precision()), probability_columns(classes)
    return replace_probabilities(network, judged, columns, CaseReader(images, cases), recipe, mirrors=prediction.mirrors)


def bundle_classifier(
    preparation: Mapping[str, Any],
    class_calibration: Mapping[str, Any],
    augmentation_policy: Mapping[str, Any],
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    leakage_report: Mapping[str, Any],
    classifier_record: Mapping[str, Any],
    prediction: PredictionOptions,
    ingestion: IngestionOptions,
) -> dict[str, Any]:
    """Gather all that use of the network needs: the same preparation, views, classes and temperature as when it was judged.

    Returns:
        Content of `classifier.json`.
    """
    from tumourflow.prediction.bundle import describe_channels, describe_origin, describe_training

    options = classifier_record["options"]
    return {
        **describe_origin(cases, splits, leakage_report),
        **describe_channels(ingestion.channels),
        **describe_training(preparation, classifier_record),
        "task": options["classification"]["task"],
        "classes": list(classifier_record["classes"]),
        "network": describe_classifier(options),
        "mirrors": prediction.mirrors,
        "temperature": class_calibration["temperature"],
        "augmentation": dict(augmentation_policy),
    }
