"""What the export room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.export.nodes import export_segmenter


def create_pipeline() -> Pipeline:
    """Convert the segmenter of the last finished run to ONNX, and compare what both compute."""
    return Pipeline(
        [
            Node(
                func=export_segmenter,
                inputs=["segmenter", "segmenter_bundle", "model_input", "params:seed"],
                outputs=["segmenter_onnx", "onnx_check"],
                name="export_segmenter",
            ),
        ]
    )
