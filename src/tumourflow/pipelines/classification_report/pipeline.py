"""What the report of a classifier runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.classification_report.nodes import (
    draw_class_examples,
    draw_class_figures,
    draw_classifier_curves,
    fingerprint_classifier,
    keep_class_folds,
    score_classes,
    write_class_page,
)

SUMMED_UP = (
    "cohort_name",
    "classifier_bundle",
    "classification_metrics",
    "class_scores",
    "leakage_report",
    "curation_summary",
    "curation_findings",
)
SHOWN = (
    "cohort_overview",
    "cohort_samples",
    "split_overview",
    "confusion_matrix",
    "class_curves",
    "reliability_diagram",
    "classified_examples",
    "classifier_learning_curves",
)
"""Figures in the order in which the page shows them."""


def create_pipeline() -> Pipeline:
    """Lead from scored images to figures with intervals, to pictures, and to the page that shows them all."""
    return Pipeline(
        [
            Node(
                func=fingerprint_classifier,
                inputs=["cases", "class_scores", "classifier_bundle", "params:prediction", "params:splitting"],
                outputs="classifier_fingerprint",
                name="fingerprint_classifier",
            ),
            Node(
                func=keep_class_folds,
                inputs=["class_scores", "splits", "classifier_fingerprint", "leakage_report", "params:folds", "params:fold"],
                outputs="class_fold_scores",
                name="keep_class_folds",
            ),
            Node(
                func=score_classes,
                inputs=[
                    "class_scores",
                    "covered_scores",
                    "class_calibration",
                    "leakage_report",
                    "class_fold_scores",
                    "classifier_fingerprint",
                    "params:folds",
                ],
                outputs=["classification_metrics", "class_report", "covered_differences"],
                name="score_classes",
            ),
            Node(
                func=draw_class_figures,
                inputs=["class_scores", "classification_metrics", "leakage_report"],
                outputs=["confusion_matrix", "class_curves", "reliability_diagram"],
                name="draw_class_figures",
            ),
            Node(
                func=draw_class_examples,
                inputs=["classifier", "model_input", "class_scores", "preparation", "leakage_report"],
                outputs="classified_examples",
                name="draw_class_examples",
            ),
            Node(
                func=draw_classifier_curves,
                inputs=["classifier_curves", "leakage_report"],
                outputs="classifier_learning_curves",
                name="draw_classifier_curves",
            ),
            Node(
                func=write_class_page,
                inputs={name: name for name in (*SUMMED_UP, *SHOWN)},
                outputs="classification_page",
                name="write_class_page",
            ),
        ]
    )
