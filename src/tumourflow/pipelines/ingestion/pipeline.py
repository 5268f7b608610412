"""The room as a table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.ingestion.nodes import (
    curate_cases,
    draw_cohort_overview,
    draw_cohort_samples,
    draw_duplicate_pairs,
    index_cohort,
    inspect_cases,
    store_images,
)


def create_pipeline() -> Pipeline:
    """Make the room that turns files into cases."""
    return Pipeline(
        [
            Node(
                func=index_cohort,
                inputs=["params:raw_root", "params:ingestion", "params:phantoms", "inspection_cache"],
                outputs="cohort_index",
                name="index_cohort",
            ),
            Node(
                func=inspect_cases,
                inputs=["cohort_index", "params:ingestion", "inspection_cache", "params:scheduler"],
                outputs="inspections",
                name="inspect_cases",
            ),
            Node(
                func=curate_cases,
                inputs=["cohort_index", "inspections", "params:ingestion", "params:curation", "inspection_cache"],
                outputs=["cases", "curation_ledger", "curation_findings", "duplicate_pairs", "curation_summary"],
                name="curate_cases",
            ),
            Node(
                func=store_images,
                inputs=["cohort_index", "cases", "params:scheduler"],
                outputs="images",
                name="store_images",
            ),
            Node(
                func=draw_cohort_overview,
                inputs=["cases", "inspection_cache"],
                outputs="cohort_overview",
                name="draw_cohort_overview",
            ),
            Node(
                func=draw_cohort_samples,
                inputs=["images", "cases", "params:ingestion", "inspection_cache"],
                outputs="cohort_samples",
                name="draw_cohort_samples",
            ),
            Node(
                func=draw_duplicate_pairs,
                inputs=["images", "cases", "duplicate_pairs", "params:ingestion", "inspection_cache"],
                outputs="duplicate_sheet",
                name="draw_duplicate_pairs",
            ),
        ]
    )
