"""The room as a table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.splitting.nodes import draw_split_overview, pass_gate, split_cases


def create_pipeline() -> Pipeline:
    """Make the room that decides who trains and who judges."""
    return Pipeline(
        [
            Node(
                func=split_cases,
                inputs=[
                    "cases",
                    "params:splitting",
                    "params:seed",
                    "params:split_file",
                    "params:folds",
                    "params:fold",
                    "params:protocol",
                ],
                outputs="proposed_splits",
                name="split_cases",
            ),
            Node(
                func=pass_gate,
                inputs=["proposed_splits", "cases", "params:protocol"],
                outputs=["splits", "leakage_report"],
                name="pass_gate",
            ),
            Node(
                func=draw_split_overview,
                inputs=["cases", "splits", "leakage_report"],
                outputs="split_overview",
                name="draw_split_overview",
            ),
        ]
    )
