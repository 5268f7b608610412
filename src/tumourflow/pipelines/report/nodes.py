"""Nodes of the report room: tables and masks in, figures and the page out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tumourflow.figures.banner import mark_leaky, nobody_judges
from tumourflow.figures.curves import draw_curves
from tumourflow.figures.metrics import draw_metrics as draw_all_metrics
from tumourflow.figures.overlays import Images, Predictions, draw_false_alarms, draw_patients, panel_reader
from tumourflow.figures.patients import judged_split
from tumourflow.figures.size import draw_dice_by_size
from tumourflow.options import IngestionOptions
from tumourflow.reports.training_page import render_training
from tumourflow.types import Figure

Leakage = Mapping[str, Any]


def draw_overlays(
    predicted_masks: Predictions,
    images: Images,
    cases: pd.DataFrame,
    case_scores: pd.DataFrame,
    leakage_report: Leakage,
    options: IngestionOptions,
) -> tuple[Figure, Figure]:
    """Draw predictions beside the truth, of the test patients, or of the validation patients where no patient is for testing.

    Returns:
        The best, median and worst patient; the largest false alarms. Both say so where all patients trained, or where the split leaks.
    """
    if leakage_report["protocol"] == "all":
        return nobody_judges("Predictions"), nobody_judges("False alarms")
    split = judged_split(case_scores)
    scores = case_scores[case_scores["split"] == split]
    read = panel_reader(cases, images, predicted_masks, options.lead_channel)
    patients, alarms = draw_patients(scores, split, read), draw_false_alarms(scores, split, read)
    return mark_leaky(patients, leakage_report), mark_leaky(alarms, leakage_report)


def draw_learning_curves(training_curves: pd.DataFrame, leakage_report: Leakage) -> Figure:
    """Draw loss, validation Dice and learning rate over the training."""
    return mark_leaky(draw_curves(training_curves), leakage_report)


def draw_size_dependence(case_scores: pd.DataFrame, leakage_report: Leakage) -> Figure:
    """Draw each patient's Dice against the size of the tumour."""
    if leakage_report["protocol"] == "all":
        return nobody_judges("Volume Dice against tumour size")
    return mark_leaky(draw_dice_by_size(case_scores), leakage_report)


def draw_metrics(segmentation_metrics: Mapping[str, Any], leakage_report: Leakage) -> Figure:
    """Draw all measures with their intervals, split by split, or those of the cross-validation where all patients trained."""
    return mark_leaky(draw_all_metrics(segmentation_metrics), leakage_report)


def write_page(
    cohort_name: str,
    segmenter_bundle: Mapping[str, Any],
    segmentation_metrics: Mapping[str, Any],
    segmentation_metrics_by_group: Mapping[str, Any],
    cross_validated_metrics: Mapping[str, Any],
    leakage_report: Leakage,
    curation_summary: Mapping[str, Any],
    curation_findings: pd.DataFrame,
    **figures: bytes,
) -> str:
    """Write the report of the training as one page of HTML, figures inside."""
    # Those of a cross-validation tell more than those of one of its folds, and stand beside them.
    pooled = {name: cross_validated_metrics[name] for name in ("cross_validated", "note") if name in cross_validated_metrics}
    return render_training(
        cohort_name,
        "segmentation",
        segmenter_bundle,
        {**segmentation_metrics, **pooled},
        leakage_report,
        curation_summary,
        curation_findings,
        figures,
        groups=segmentation_metrics_by_group,
    )
