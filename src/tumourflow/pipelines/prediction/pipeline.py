"""The prediction room's table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.prediction.nodes import bundle_segmenter, choose_postprocessing, postprocess_masks, predict_cases


def create_pipeline() -> Pipeline:
    """Lead from the trained network to masks at native resolution."""
    return Pipeline(
        [
            Node(
                func=predict_cases,
                inputs=["segmenter", "model_input", "preparation", "params:prediction", "training_record"],
                outputs="probabilities",
                name="predict_cases",
            ),
            Node(
                func=choose_postprocessing,
                inputs=["probabilities", "images", "cases", "preparation", "params:prediction"],
                outputs="postprocessing",
                name="choose_postprocessing",
            ),
            Node(
                func=bundle_segmenter,
                inputs=[
                    "preparation",
                    "postprocessing",
                    "augmentation_policy",
                    "cases",
                    "splits",
                    "leakage_report",
                    "training_record",
                    "params:prediction",
                    "params:ingestion",
                ],
                outputs="segmenter_bundle",
                name="bundle_segmenter",
            ),
            Node(
                func=postprocess_masks,
                inputs=["probabilities", "images", "cases", "preparation", "postprocessing"],
                outputs="predicted_masks",
                name="postprocess_masks",
            ),
        ]
    )
