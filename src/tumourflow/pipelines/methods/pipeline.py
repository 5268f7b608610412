"""The methods room's table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.methods.nodes import compare_methods, draw_methods


def create_pipeline() -> Pipeline:
    """Lead from the scores that runs on one split have left to one table and one figure."""
    return Pipeline(
        [
            Node(
                func=compare_methods,
                inputs=["method_scores", "cases", "splits", "leakage_report"],
                outputs="methods_table",
                name="compare_methods",
            ),
            Node(
                func=draw_methods,
                inputs=["methods_table", "leakage_report"],
                outputs="methods_overview",
                name="draw_methods",
            ),
        ]
    )
