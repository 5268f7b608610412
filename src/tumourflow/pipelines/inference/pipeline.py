"""What the inference room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.inference.nodes import find_models, inspect_inputs, list_inputs, render_report, tabulate_findings


def create_pipeline() -> Pipeline:
    """Lead from a folder of new images to masks, findings and a page; nothing is trained."""
    return Pipeline(
        [
            Node(
                func=find_models,
                inputs=["registered_models", "params:inference", "params:modality"],
                outputs="inference_models",
                name="find_models",
            ),
            Node(
                func=list_inputs,
                inputs=["params:input", "inference_models", "params:modality"],
                outputs="inference_inputs",
                name="list_inputs",
            ),
            Node(
                func=inspect_inputs,
                inputs=["inference_inputs", "inference_models", "inference_results", "params:modality", "params:scheduler"],
                outputs="inference_masks",
                name="inspect_inputs",
            ),
            Node(
                func=tabulate_findings,
                inputs=["inference_inputs", "inference_models", "inference_masks", "inference_results"],
                outputs=["findings", "findings_summary"],
                name="tabulate_findings",
            ),
            Node(
                func=render_report,
                inputs=["inference_inputs", "inference_models", "findings", "inference_masks"],
                outputs="inference_report",
                name="render_report",
            ),
        ]
    )
