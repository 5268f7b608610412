"""The room as a table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.download.nodes import download_cohort


def create_pipeline() -> Pipeline:
    """Make the room that fetches a public cohort."""
    return Pipeline(
        [
            Node(
                func=download_cohort,
                inputs=["params:raw_root", "params:download"],
                outputs=None,
                name="download_cohort",
            ),
        ]
    )
