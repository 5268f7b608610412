"""The room as a table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.radiomics.nodes import (
    choose_typed_cases,
    classify_types,
    draw_types,
    learn_type_model,
    measure_features,
    segment_unseen,
    summarise_types,
)


def create_pipeline() -> Pipeline:
    """Lead from images and masks to types, with figures for true masks, predicted masks and none."""
    return Pipeline(
        [
            Node(
                func=choose_typed_cases,
                inputs=["cases", "splits", "params:radiomics"],
                outputs="typed_cases",
                name="choose_typed_cases",
            ),
            Node(
                func=segment_unseen,
                inputs=[
                    "model_input",
                    "images",
                    "cases",
                    "typed_cases",
                    "preparation",
                    "augmentation_policy",
                    "plan",
                    "params:training",
                    "params:prediction",
                    "params:splitting",
                    "params:radiomics",
                    "params:seed",
                    "fold_tracker",
                    "fold_networks",
                ],
                outputs="unseen_masks",
                name="segment_unseen",
            ),
            Node(
                func=measure_features,
                inputs=["images", "typed_cases", "unseen_masks", "params:ingestion", "params:scheduler"],
                outputs="radiomics_features",
                name="measure_features",
            ),
            Node(
                func=classify_types,
                inputs=["radiomics_features", "params:radiomics", "leakage_report", "params:seed", "params:scheduler"],
                outputs=["radiomics_scores", "radiomics_choice", "radiomics_importance"],
                name="classify_types",
            ),
            Node(
                func=summarise_types,
                inputs=["radiomics_scores", "leakage_report"],
                outputs=["radiomics_metrics", "radiomics_report"],
                name="summarise_types",
            ),
            Node(
                func=learn_type_model,
                inputs=[
                    "radiomics_features",
                    "radiomics_choice",
                    "radiomics_metrics",
                    "cases",
                    "typed_cases",
                    "splits",
                    "leakage_report",
                    "params:ingestion",
                    "params:seed",
                ],
                outputs=["type_model", "type_model_bundle"],
                name="learn_type_model",
            ),
            Node(
                func=draw_types,
                inputs=["radiomics_scores", "radiomics_metrics", "radiomics_importance", "leakage_report"],
                outputs=["radiomics_comparison", "radiomics_importance_figure"],
                name="draw_types",
            ),
        ]
    )
