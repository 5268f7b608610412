"""The baselines room's table of contents."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.baselines.nodes import (
    choose_tuning_cases,
    draw_baseline_outlines,
    keep_baseline_scores,
    score_baselines,
    segment_cases,
    summarise_baselines,
    tune_methods,
)


def create_pipeline() -> Pipeline:
    """Lead from the network's input to the figures of methods that learn nothing."""
    return Pipeline(
        [
            Node(
                func=choose_tuning_cases,
                inputs=["cases", "splits", "leakage_report", "params:baselines", "params:seed"],
                outputs="tuning_cases",
                name="choose_tuning_cases",
            ),
            Node(
                func=tune_methods,
                inputs=["model_input", "preparation", "tuning_cases", "leakage_report", "params:scheduler"],
                outputs="baseline_choices",
                name="tune_methods",
            ),
            Node(
                func=segment_cases,
                inputs=["model_input", "preparation", "baseline_choices", "params:scheduler"],
                outputs="baseline_masks",
                name="segment_cases",
            ),
            Node(
                func=score_baselines,
                inputs=["baseline_masks", "images", "cases", "splits", "baseline_choices", "leakage_report", "params:scheduler"],
                outputs="baseline_scores",
                name="score_baselines",
            ),
            Node(
                func=summarise_baselines,
                inputs=["baseline_scores", "leakage_report"],
                outputs=["baselines_metrics", "baselines_metrics_by_method"],
                name="summarise_baselines",
            ),
            Node(
                func=keep_baseline_scores,
                inputs=["baseline_scores", "cases", "splits"],
                outputs="method_scores",
                name="keep_baseline_scores",
            ),
            Node(
                func=draw_baseline_outlines,
                inputs=["baseline_masks", "images", "cases", "baseline_scores", "params:ingestion", "leakage_report"],
                outputs="baseline_outlines",
                name="draw_baseline_outlines",
            ),
        ]
    )
