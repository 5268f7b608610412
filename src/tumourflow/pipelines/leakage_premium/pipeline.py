"""The room as a table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.leakage_premium.nodes import draw_design, measure_premium, train_both


def create_pipeline() -> Pipeline:
    """Make the room that trains a model on a leaking split beside one on a sound split."""
    return Pipeline(
        [
            Node(
                func=draw_design,
                inputs=["model_input", "params:leakage", "params:training", "params:seed"],
                outputs="premium_design",
                name="draw_design",
            ),
            Node(
                func=train_both,
                inputs=[
                    "model_input",
                    "cases",
                    "premium_design",
                    "augmentation_policy",
                    "plan",
                    "params:training",
                    "params:leakage",
                    "params:seed",
                    "training_listener",
                ],
                outputs="premium_scores",
                name="train_both",
            ),
            Node(
                func=measure_premium,
                inputs=["premium_scores", "cases"],
                outputs=["leakage_premium", "leakage_premium_table", "leakage_premium_figure"],
                name="measure_premium",
            ),
        ]
    )
