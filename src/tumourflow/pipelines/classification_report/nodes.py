"""Nodes of the classification report: tables of scores in, figures and the page out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tumourflow.curation.classes import list_classes
from tumourflow.curation.leakage import leakage_marks
from tumourflow.datasets import ArrayStore, TableStore
from tumourflow.figures.banner import mark_leaky, nobody_judges
from tumourflow.figures.class_curves import draw_class_curves
from tumourflow.figures.classified import Looked, choose_classified, draw_classified
from tumourflow.figures.confusion import draw_confusion
from tumourflow.figures.curves import draw_curves
from tumourflow.figures.patients import judged_split
from tumourflow.figures.reliability import draw_reliability
from tumourflow.folds.checks import keep_fold
from tumourflow.folds.pooled_classes import pool_class_folds
from tumourflow.folds.recipe import describe_classified, fingerprint_recipe
from tumourflow.imaging.layout import neighbour_rows, stack_context
from tumourflow.imaging.preparation import Preparation
from tumourflow.measures.calibration import reliability_bins
from tumourflow.measures.class_curves import precision_recall_points, roc_curve_points
from tumourflow.measures.class_report import summarise_classifier
from tumourflow.measures.class_units import CALIBRATED, keep_labelled
from tumourflow.measures.classification import classification_report, confusion, summarise_sites
from tumourflow.measures.covered import compare_covered
from tumourflow.options import PredictionOptions, SplittingOptions
from tumourflow.options.agreement import require_agreement
from tumourflow.reports.training_page import render_training
from tumourflow.types import Figure, KerasModel

Leakage = Mapping[str, Any]


def fingerprint_classifier(
    cases: pd.DataFrame,
    class_scores: pd.DataFrame,
    classifier_bundle: Mapping[str, Any],
    prediction: PredictionOptions,
    splitting: SplittingOptions,
) -> str:
    """Name what the runs of one cross-validation, and the training on all patients after it, have in common.

    Raises:
        UserError: Where this room is run alone, and the images were predicted with other views.
    """
    require_agreement("prediction", prediction, {"mirrors": classifier_bundle["mirrors"]})
    return fingerprint_recipe(cases, describe_classified(classifier_bundle, class_scores, prediction, splitting))


def keep_class_folds(
    class_scores: pd.DataFrame,
    splits: pd.DataFrame,
    classifier_fingerprint: str,
    leakage_report: Mapping[str, Any],
    folds: int | None,
    fold: int,
) -> list[tuple[str, pd.DataFrame]]:
    """Keep the scored test images of a fold for the runs of the other folds; nothing where the run is no fold or leaks."""
    return keep_fold(class_scores, splits, classifier_fingerprint, leakage_report, folds, fold)


def score_classes(
    class_scores: pd.DataFrame,
    covered_scores: pd.DataFrame,
    class_calibration: Mapping[str, Any],
    leakage_report: Mapping[str, Any],
    class_fold_scores: TableStore,
    classifier_fingerprint: str,
    folds: int | None,
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Summarise every measure by split, per image and per patient.

    Returns:
        `{split: {measure: {value, low, high, n, unit}}}`; beside the splits `calibrated` (the same for what calibration changes),
        `temperature`, `covered` where annotations were covered, `patients` where there are no figures per patient and why, `leaky` and
        `protocol` where the split leaks. Then precision, recall and F1 of each class, and what covering annotations changed, as tables.
        In a cross-validation also `cross_validated`, once all folds are there, else a `note`; where all patients trained, nothing but that.
    """
    protocol, classes = leakage_report["protocol"], list_classes(class_scores["label"].tolist())
    leaky = bool(leakage_report["leaky"])
    pooled = pool_class_folds(class_fold_scores, classifier_fingerprint, folds, classes) if folds or protocol == "all" else {}
    if protocol == "all":
        nobody = class_scores.iloc[:0]
        report, differences = classification_report(nobody, []), compare_covered(nobody, nobody, [])
        return {"protocol": protocol, **pooled}, report.assign(leaky=leaky), differences.assign(leaky=leaky)
    differences, covered = compare_covered(class_scores, covered_scores, classes), int(covered_scores["covered"].sum())
    metrics = summarise_classifier(class_scores, classes, class_calibration["temperature"], differences, covered)
    report = classification_report(class_scores, classes).assign(leaky=leaky)
    return {**metrics, **pooled, **leakage_marks(leakage_report)}, report, differences.assign(leaky=leaky)


def draw_class_figures(
    class_scores: pd.DataFrame, classification_metrics: Mapping[str, Any], leakage_report: Leakage
) -> tuple[Figure, Figure, Figure]:
    """Draw what the classifier told of the test images, or of the validation images where no patient is for testing.

    Returns:
        The confusion matrix; ROC and precision-recall curves; how sure it was beside how often it was right.
    """
    if leakage_report["protocol"] == "all":
        confused, curves, reliable = map(nobody_judges, ("True and predicted class", "ROC and precision-recall", "Reliability"))
        return confused, curves, reliable
    classes, split = list_classes(class_scores["label"].tolist()), judged_split(class_scores)
    rows, figures = class_scores[class_scores["split"] == split], classification_metrics[split]
    points = roc_curve_points(rows, classes), precision_recall_points(rows, classes)
    bins = reliability_bins(rows, classes), reliability_bins(rows, classes, CALIBRATED)
    measured = figures, classification_metrics["calibrated"][split]
    drawn = (
        draw_confusion(confusion(rows, classes), split),
        draw_class_curves(*points, figures, classes, split),
        draw_reliability(*bins, measured, classification_metrics["temperature"], split),
    )
    confused, curves, reliable = (mark_leaky(figure, leakage_report) for figure in drawn)
    return confused, curves, reliable


def draw_class_examples(
    classifier: KerasModel,
    model_input: ArrayStore,
    class_scores: pd.DataFrame,
    preparation: Mapping[str, Any],
    leakage_report: Leakage,
) -> Figure:
    """Draw images that were told right and wrong, with what spoke for the class that the network gave."""
    from tumourflow.prediction.grad_cam import ActivationMapper

    if leakage_report["protocol"] == "all":
        return nobody_judges("Images told right and wrong")
    classes, split = list_classes(class_scores["label"].tolist()), judged_split(class_scores)
    rows = keep_labelled(class_scores[class_scores["split"] == split])
    recipe, index, mapper = Preparation.from_dict(preparation), model_input.index, ActivationMapper(classifier)
    neighbours, row_of = neighbour_rows(index, recipe.layout.context), dict(zip(index["case_id"], range(len(index)), strict=True))
    chosen = choose_classified(rows, classes)
    predicted = dict(zip(chosen["case_id"], chosen["predicted"], strict=True))
    low, high = recipe.picture_window

    def look(case_id: str) -> Looked:
        image = stack_context(model_input["images"], [row_of[case_id]], neighbours, recipe.layout)[0]
        picture = np.clip((image[:, :, recipe.lead_channel] - low) / (high - low), 0, 1)
        return Looked(picture, mapper.map_class(image, classes.index(predicted[case_id])))

    right = int(choose_classified(rows, classes, shown=len(rows))["right"].sum())
    return mark_leaky(draw_classified(chosen, (right, len(rows) - right), split, look), leakage_report)


def draw_classifier_curves(classifier_curves: pd.DataFrame, leakage_report: Leakage) -> Figure:
    """Draw loss, validation AUROC and balanced accuracy, and learning rate over the training."""
    return mark_leaky(draw_curves(classifier_curves), leakage_report)


def write_class_page(
    cohort_name: str,
    classifier_bundle: Mapping[str, Any],
    classification_metrics: Mapping[str, Any],
    class_scores: pd.DataFrame,
    leakage_report: Leakage,
    curation_summary: Mapping[str, Any],
    curation_findings: pd.DataFrame,
    **figures: bytes,
) -> str:
    """Write the report of the classifier as one page of HTML, figures inside."""
    judged = leakage_report["protocol"] != "all"
    return render_training(
        cohort_name,
        "classification",
        classifier_bundle,
        classification_metrics,
        leakage_report,
        curation_summary,
        curation_findings,
        figures,
        groups=summarise_sites(class_scores, classifier_bundle["classes"]) if judged else None,
    )
