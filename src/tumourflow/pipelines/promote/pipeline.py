"""What the promotion room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.promote.nodes import decide_promotions


def create_pipeline() -> Pipeline:
    """Compare the newest registered model with the champion, and let it take its place only where it is better."""
    return Pipeline(
        [
            Node(
                func=decide_promotions,
                inputs=["registered_models", "tracked_runs", "params:promotion"],
                outputs=["champions", "promotion"],
                name="decide_promotions",
            ),
        ]
    )
