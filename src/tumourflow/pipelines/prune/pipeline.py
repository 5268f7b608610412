"""What the pruning room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.prune.nodes import find_unreferenced


def create_pipeline() -> Pipeline:
    """List the versions that no run, model or report refers to; remove them only when told to."""
    return Pipeline(
        [
            Node(
                func=find_unreferenced,
                inputs=["stored_versions", "tracked_runs", "registered_models", "params:prune"],
                outputs=["prunable", "pruned_versions"],
                name="find_unreferenced",
            ),
        ]
    )
