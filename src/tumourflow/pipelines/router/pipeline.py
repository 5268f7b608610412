"""What the router room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.router.nodes import (
    bundle_router,
    choose_refusals,
    choose_router_images,
    draw_intruder_sheet,
    draw_intruders,
    draw_refusals,
    score_routers,
    summarise_routers,
    train_routers,
)


def create_pipeline() -> Pipeline:
    """Train a network to tell modalities apart and to refuse what is none of them, and judge it by pictures that it never saw."""
    return Pipeline(
        [
            Node(
                func=choose_router_images,
                inputs=["cases", "splits", "params:ingestion", "params:router", "params:training", "params:seed"],
                outputs="router_images",
                name="choose_router_images",
            ),
            Node(
                func=draw_intruders,
                inputs=["preparation", "params:router", "params:seed", "params:scheduler"],
                outputs="intruder_input",
                name="draw_intruders",
            ),
            Node(
                func=train_routers,
                inputs=[
                    "model_input",
                    "cases",
                    "router_images",
                    "augmentation_policy",
                    "params:training",
                    "params:classification",
                    "params:router",
                    "params:seed",
                    "training_listener",
                    "leakage_report",
                ],
                outputs=["router", "unseen_routers", "router_record"],
                name="train_routers",
            ),
            Node(
                func=score_routers,
                inputs=[
                    "router",
                    "unseen_routers",
                    "model_input",
                    "router_images",
                    "intruder_input",
                    "augmentation_policy",
                    "leakage_report",
                ],
                outputs="router_scores",
                name="score_routers",
            ),
            Node(
                func=choose_refusals,
                inputs=["router_scores", "params:router"],
                outputs="router_refusal",
                name="choose_refusals",
            ),
            Node(
                func=bundle_router,
                inputs=[
                    "preparation",
                    "router_refusal",
                    "router_record",
                    "router_images",
                    "cases",
                    "splits",
                    "leakage_report",
                ],
                outputs="router_bundle",
                name="bundle_router",
            ),
            Node(
                func=summarise_routers,
                inputs=["router_scores", "router_refusal", "leakage_report"],
                outputs="router_metrics",
                name="summarise_routers",
            ),
            Node(
                func=draw_refusals,
                inputs=["router_scores", "router_refusal", "leakage_report"],
                outputs="refusal_figure",
                name="draw_refusals",
            ),
            Node(
                func=draw_intruder_sheet,
                inputs=["images", "cases", "router_scores", "router_refusal", "leakage_report", "params:seed"],
                outputs="intruder_sheet",
                name="draw_intruder_sheet",
            ),
        ]
    )
