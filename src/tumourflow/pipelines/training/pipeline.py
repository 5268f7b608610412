"""What the training room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.training.nodes import train_network


def create_pipeline() -> Pipeline:
    """Train the network on prepared slices."""
    return Pipeline(
        [
            Node(
                func=train_network,
                inputs=[
                    "model_input",
                    "augmentation_policy",
                    "params:training",
                    "params:seed",
                    "training_listener",
                    "training_checkpoint",
                ],
                outputs=["segmenter", "training_curves", "network_summary", "training_record"],
                name="train_network",
            ),
        ]
    )
