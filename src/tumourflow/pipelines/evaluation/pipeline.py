"""The evaluation room's table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.evaluation.nodes import score_cases, summarise_scores


def create_pipeline() -> Pipeline:
    """Lead from predicted masks to figures with intervals."""
    return Pipeline(
        [
            Node(
                func=score_cases,
                inputs=["predicted_masks", "probabilities", "model_input", "images", "cases", "splits", "params:scheduler"],
                outputs="case_scores",
                name="score_cases",
            ),
            Node(
                func=summarise_scores,
                inputs="case_scores",
                outputs=["segmentation_metrics", "segmentation_metrics_by_group"],
                name="summarise_scores",
            ),
        ]
    )
