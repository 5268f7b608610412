"""The cross-validation room's table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.cross_validation.nodes import deal_folds, fingerprint_folds, pool_scores, score_folds


def create_pipeline() -> Pipeline:
    """Train and score once a fold, and pool the scores."""
    return Pipeline(
        [
            Node(
                func=deal_folds,
                inputs=["cases", "splits", "params:splitting", "params:seed", "params:folds", "params:protocol"],
                outputs="fold_splits",
                name="deal_folds",
            ),
            Node(
                func=fingerprint_folds,
                inputs=[
                    "cases",
                    "preparation",
                    "augmentation_policy",
                    "plan",
                    "params:training",
                    "params:seed",
                    "params:prediction",
                    "params:splitting",
                    "params:protocol",
                ],
                outputs=["recipe_fingerprint", "training_fingerprint"],
                name="fingerprint_folds",
            ),
            Node(
                func=score_folds,
                inputs=[
                    "model_input",
                    "images",
                    "cases",
                    "fold_splits",
                    "preparation",
                    "augmentation_policy",
                    "plan",
                    "params:training",
                    "params:prediction",
                    "params:seed",
                    "recipe_fingerprint",
                    "training_fingerprint",
                    "finished_folds",
                    "fold_tracker",
                    "fold_checkpoint",
                    "fold_networks",
                ],
                outputs="fold_scores",
                name="score_folds",
            ),
            Node(
                func=pool_scores,
                inputs=["fold_scores", "recipe_fingerprint", "fold_splits", "leakage_report", "params:training"],
                outputs="cross_validated_metrics",
                name="pool_scores",
            ),
        ]
    )
