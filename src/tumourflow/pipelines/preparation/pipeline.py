"""What the preparation room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.preparation.nodes import (
    describe_preparation,
    draw_preparation_sheet,
    draw_preparation_steps,
    prepare_model_input,
)


def create_pipeline() -> Pipeline:
    """Decide on the preparation, prepare all cases of the splits, and show some of them before, after and in between."""
    return Pipeline(
        [
            Node(
                func=describe_preparation,
                inputs=["cases", "plan", "params:preparation", "params:training", "params:ingestion"],
                outputs="preparation",
                name="describe_preparation",
            ),
            Node(
                func=prepare_model_input,
                inputs=["images", "cases", "splits", "preparation", "params:scheduler"],
                outputs="model_input",
                name="prepare_model_input",
            ),
            Node(
                func=draw_preparation_sheet,
                inputs=["images", "cases", "model_input", "preparation", "params:ingestion", "leakage_report"],
                outputs="preparation_sheet",
                name="draw_preparation_sheet",
            ),
            Node(
                func=draw_preparation_steps,
                inputs=["images", "cases", "model_input", "preparation", "params:ingestion", "leakage_report"],
                outputs="preparation_steps",
                name="draw_preparation_steps",
            ),
        ]
    )
