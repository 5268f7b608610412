"""What the classification room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.classification.nodes import (
    bundle_classifier,
    calibrate_classes,
    choose_classes,
    predict_covered_images,
    predict_images,
    train_classifier,
)


def create_pipeline() -> Pipeline:
    """Lead from prepared images to a classifier, and to the probabilities that it gives every image."""
    return Pipeline(
        [
            Node(
                func=choose_classes,
                inputs=["cases", "splits", "params:classification", "params:training"],
                outputs="class_labels",
                name="choose_classes",
            ),
            Node(
                func=train_classifier,
                inputs=[
                    "model_input",
                    "cases",
                    "class_labels",
                    "augmentation_policy",
                    "params:training",
                    "params:classification",
                    "params:seed",
                    "training_listener",
                    "classifier_checkpoint",
                    "classifier_seed_networks",
                    "leakage_report",
                ],
                outputs=["classifier", "classifier_curves", "classifier_summary", "classifier_record"],
                name="train_classifier",
            ),
            Node(
                func=predict_images,
                inputs=["classifier", "model_input", "class_labels", "preparation", "params:prediction"],
                outputs="class_probabilities",
                name="predict_images",
            ),
            Node(
                func=calibrate_classes,
                inputs=["class_probabilities", "leakage_report"],
                outputs=["class_scores", "class_calibration"],
                name="calibrate_classes",
            ),
            Node(
                func=predict_covered_images,
                inputs=["classifier", "images", "cases", "class_scores", "preparation", "params:prediction"],
                outputs="covered_scores",
                name="predict_covered_images",
            ),
            Node(
                func=bundle_classifier,
                inputs=[
                    "preparation",
                    "class_calibration",
                    "augmentation_policy",
                    "cases",
                    "splits",
                    "leakage_report",
                    "classifier_record",
                    "params:prediction",
                    "params:ingestion",
                ],
                outputs="classifier_bundle",
                name="bundle_classifier",
            ),
        ]
    )
