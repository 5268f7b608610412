"""What the training room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.training.nodes import fingerprint_training, train_network


def create_pipeline() -> Pipeline:
    """Train the network on prepared slices."""
    return Pipeline(
        [
            Node(
                func=fingerprint_training,
                inputs=[
                    "cases",
                    "preparation",
                    "augmentation_policy",
                    "plan",
                    "params:training",
                    "params:seed",
                    "params:prediction",
                    "params:splitting",
                    "params:augmentation",
                    "params:preparation",
                    "splits",
                    "leakage_report",
                    "params:protocol",
                    "params:folds",
                    "params:fold",
                ],
                outputs=["training_fingerprint", "scored_fingerprint"],
                name="fingerprint_training",
            ),
            Node(
                func=train_network,
                inputs=[
                    "model_input",
                    "cases",
                    "augmentation_policy",
                    "plan",
                    "params:training",
                    "params:seed",
                    "training_listener",
                    "training_checkpoint",
                    "seed_networks",
                    "fold_networks",
                    "training_fingerprint",
                    "finished_folds",
                    "scored_fingerprint",
                    "leakage_report",
                ],
                outputs=["segmenter", "training_curves", "network_summary", "training_record"],
                name="train_network",
            ),
        ]
    )
