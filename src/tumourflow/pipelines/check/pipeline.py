"""The room as a table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.check.nodes import check_cohort, index_files, sample_cases


def create_pipeline(**_kwargs: object) -> Pipeline:
    """Make the room that tells in seconds whether a cohort would go through."""
    return Pipeline(
        [
            Node(
                func=index_files,
                inputs=["params:raw_root", "params:ingestion", "params:phantoms"],
                outputs="checked_index",
                name="index_files",
            ),
            Node(
                func=sample_cases,
                inputs=["checked_index", "params:scheduler"],
                outputs="sampled_inspections",
                name="sample_cases",
            ),
            Node(
                func=check_cohort,
                inputs=[
                    "checked_index",
                    "sampled_inspections",
                    "params:ingestion",
                    "params:curation",
                    "params:splitting",
                    "params:seed",
                    "params:split_file",
                    "params:folds",
                    "params:fold",
                ],
                outputs="check_report",
                name="check_cohort",
            ),
        ]
    )
