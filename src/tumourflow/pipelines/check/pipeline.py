"""The room as a table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.check.nodes import check_cohort, sample_cases


def create_pipeline() -> Pipeline:
    """Make the room that tells in seconds whether an indexed cohort would go through."""
    return Pipeline(
        [
            Node(
                func=sample_cases,
                inputs=["cohort_index", "params:scheduler"],
                outputs="sampled_inspections",
                name="sample_cases",
            ),
            Node(
                func=check_cohort,
                inputs=[
                    "cohort_index",
                    "sampled_inspections",
                    "params:ingestion",
                    "params:curation",
                    "params:splitting",
                    "params:seed",
                    "params:split_file",
                    "params:folds",
                    "params:fold",
                    "params:protocol",
                ],
                outputs="check_report",
                name="check_cohort",
            ),
        ]
    )
