"""What the augmentation room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.augmentation.nodes import copy_augmented, describe_policy, draw_augmentation_sheet


def create_pipeline() -> Pipeline:
    """Record the policy, show what it does to real slices, and write copies where they are wanted."""
    return Pipeline(
        [
            Node(
                func=describe_policy,
                inputs=["preparation", "params:augmentation"],
                outputs="augmentation_policy",
                name="describe_policy",
            ),
            Node(
                func=draw_augmentation_sheet,
                inputs=["model_input", "preparation", "augmentation_policy", "params:seed", "leakage_report"],
                outputs="augmentation_sheet",
                name="draw_augmentation_sheet",
            ),
            Node(
                func=copy_augmented,
                inputs=["model_input", "preparation", "augmentation_policy", "params:seed"],
                outputs="augmented_copies",
                name="copy_augmented",
            ),
        ]
    )
