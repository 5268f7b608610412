"""The evaluation room's table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.evaluation.nodes import (
    fingerprint_parameters,
    keep_fold_scores,
    keep_network_scores,
    measure_postprocessing,
    pool_fold_scores,
    score_cases,
    score_seeds,
    summarise_scores,
)


def create_pipeline() -> Pipeline:
    """Lead from predicted masks to figures with intervals."""
    return Pipeline(
        [
            Node(
                func=score_cases,
                inputs=[
                    "predicted_masks",
                    "probabilities",
                    "model_input",
                    "images",
                    "cases",
                    "splits",
                    "leakage_report",
                    "params:scheduler",
                ],
                outputs="case_scores",
                name="score_cases",
            ),
            Node(
                func=score_seeds,
                inputs=["segmenter", "segmenter_bundle", "model_input", "images", "cases", "leakage_report"],
                outputs="seed_scores",
                name="score_seeds",
            ),
            Node(
                func=measure_postprocessing,
                inputs=[
                    "segmenter",
                    "model_input",
                    "probabilities",
                    "images",
                    "cases",
                    "preparation",
                    "postprocessing",
                    "params:prediction",
                    "leakage_report",
                ],
                outputs="postprocessing_effects",
                name="measure_postprocessing",
            ),
            Node(
                func=fingerprint_parameters,
                inputs=["cases", "segmenter_bundle", "postprocessing", "params:prediction", "params:splitting"],
                outputs="recipe_fingerprint",
                name="fingerprint_parameters",
            ),
            Node(
                func=keep_fold_scores,
                inputs=["case_scores", "splits", "recipe_fingerprint", "segmenter_bundle", "leakage_report", "params:folds", "params:fold"],
                outputs="fold_scores",
                name="keep_fold_scores",
            ),
            Node(
                func=keep_network_scores,
                inputs=["case_scores", "cases", "splits", "segmenter_bundle", "recipe_fingerprint"],
                outputs="method_scores",
                name="keep_network_scores",
            ),
            Node(
                func=pool_fold_scores,
                inputs=["fold_scores", "recipe_fingerprint", "leakage_report", "params:folds", "segmenter_bundle"],
                outputs="cross_validated_metrics",
                name="pool_fold_scores",
            ),
            Node(
                func=summarise_scores,
                inputs=["case_scores", "leakage_report", "cross_validated_metrics", "seed_scores"],
                outputs=["segmentation_metrics", "segmentation_metrics_by_group"],
                name="summarise_scores",
            ),
        ]
    )
