"""What the planning room runs."""

from kedro.pipeline import Node, Pipeline

from tumourflow.pipelines.planning.nodes import describe_cohort, plan_training


def create_pipeline() -> Pipeline:
    """Describe the training patients, and plan what to do with them where nobody has said it."""
    return Pipeline(
        [
            Node(
                func=describe_cohort,
                inputs=["images", "cases", "splits", "params:preparation", "params:ingestion"],
                outputs="cohort_description",
                name="describe_cohort",
            ),
            Node(
                func=plan_training,
                inputs=["cohort_description", "params:preparation", "params:training"],
                outputs=["plan", "plan_reasons"],
                name="plan_training",
            ),
        ]
    )
