"""What the comparison room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.comparison.nodes import compare_runs, draw_comparison, find_runs


def create_pipeline() -> Pipeline:
    """Find runs that were tracked, compare them, draw where they differ; nothing is trained or predicted."""
    return Pipeline(
        [
            Node(
                func=find_runs,
                inputs=["tracked_runs", "params:runs"],
                outputs="compared_runs",
                name="find_runs",
            ),
            Node(
                func=compare_runs,
                inputs="compared_runs",
                outputs=["comparison", "comparison_table"],
                name="compare_runs",
            ),
            Node(
                func=draw_comparison,
                inputs=["compared_runs", "comparison", "images", "params:ingestion"],
                outputs=["comparison_overview", "comparison_cases"],
                name="draw_comparison",
            ),
        ]
    )
