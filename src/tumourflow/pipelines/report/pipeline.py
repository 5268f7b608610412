"""What the report room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.report.nodes import draw_learning_curves, draw_metrics, draw_overlays, draw_size_dependence, write_page

SUMMED_UP = (
    "cohort_name",
    "segmenter_bundle",
    "segmentation_metrics",
    "segmentation_metrics_by_group",
    "cross_validated_metrics",
    "leakage_report",
    "curation_summary",
    "curation_findings",
)
SHOWN = (
    "cohort_overview",
    "cohort_samples",
    "split_overview",
    "metrics_overview",
    "overlays",
    "false_alarms",
    "dice_by_size",
    "learning_curves",
)
"""Figures in the order in which the page shows them."""


def create_pipeline() -> Pipeline:
    """Draw the figures of a run, each node what one question needs, and write the page that shows them all."""
    return Pipeline(
        [
            Node(
                func=draw_overlays,
                inputs=["predicted_masks", "images", "cases", "case_scores", "leakage_report", "params:ingestion"],
                outputs=["overlays", "false_alarms"],
                name="draw_overlays",
            ),
            Node(
                func=draw_learning_curves,
                inputs=["training_curves", "leakage_report"],
                outputs="learning_curves",
                name="draw_learning_curves",
            ),
            Node(
                func=draw_size_dependence,
                inputs=["case_scores", "leakage_report"],
                outputs="dice_by_size",
                name="draw_size_dependence",
            ),
            Node(
                func=draw_metrics,
                inputs=["segmentation_metrics", "leakage_report"],
                outputs="metrics_overview",
                name="draw_metrics",
            ),
            Node(
                func=write_page,
                inputs={name: name for name in (*SUMMED_UP, *SHOWN)},
                outputs="report_page",
                name="write_page",
            ),
        ]
    )
