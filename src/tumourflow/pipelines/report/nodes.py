"""Nodes of the report room: tables and masks in, figures out."""

from __future__ import annotations

import pandas as pd

from tumourflow.figures.curves import draw_curves
from tumourflow.figures.metrics import Metrics
from tumourflow.figures.metrics import draw_metrics as draw_all_metrics
from tumourflow.figures.overlays import Images, Predictions, draw_false_alarms, draw_patients, panel_reader
from tumourflow.figures.patients import judged_split
from tumourflow.figures.size import draw_dice_by_size
from tumourflow.options import IngestionOptions
from tumourflow.types import Figure


def draw_overlays(
    predicted_masks: Predictions, images: Images, cases: pd.DataFrame, case_scores: pd.DataFrame, options: IngestionOptions
) -> tuple[Figure, Figure]:
    """Draw predictions beside the truth, of the test patients, or of the validation patients where no patient is for testing.

    Returns:
        The best, median and worst patient; the largest false alarms.
    """
    split = judged_split(case_scores)
    scores = case_scores[case_scores["split"] == split]
    read = panel_reader(cases, images, predicted_masks, options.lead_channel)
    return draw_patients(scores, split, read), draw_false_alarms(scores, split, read)


def draw_learning_curves(training_curves: pd.DataFrame) -> Figure:
    """Draw loss, validation Dice and learning rate over the training."""
    return draw_curves(training_curves)


def draw_size_dependence(case_scores: pd.DataFrame) -> Figure:
    """Draw each patient's Dice against the size of the tumour."""
    return draw_dice_by_size(case_scores)


def draw_metrics(segmentation_metrics: Metrics) -> Figure:
    """Draw all measures with their intervals, split by split."""
    return draw_all_metrics(segmentation_metrics)
