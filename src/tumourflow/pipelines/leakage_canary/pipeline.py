"""The room as a table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.leakage_canary.nodes import ask_canary, heed_canary, shrink_images


def create_pipeline() -> Pipeline:
    """Make the room that tries to recognise test patients."""
    return Pipeline(
        [
            Node(
                func=shrink_images,
                inputs=["images", "cases", "splits", "params:ingestion", "params:leakage", "params:seed", "params:scheduler"],
                outputs="canary_input",
                name="shrink_images",
            ),
            Node(
                func=ask_canary,
                inputs=["canary_input", "leakage_report", "params:leakage", "params:seed"],
                outputs="canary_report",
                name="ask_canary",
            ),
            Node(
                func=heed_canary,
                inputs="canary_report",
                outputs=None,
                name="heed_canary",
            ),
        ]
    )
