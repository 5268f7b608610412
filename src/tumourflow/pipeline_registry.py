"""Which command runs which rooms: the table of contents of the project."""

from kedro.pipeline import Pipeline

from tumourflow.pipelines import (
    augmentation,
    check,
    evaluation,
    ingestion,
    prediction,
    preparation,
    report,
    splitting,
    training,
)


def register_pipelines() -> dict[str, Pipeline]:
    """Name every pipeline that `kedro run --pipeline=NAME` knows.

    The table is explicit: `find_pipelines` loads only the room asked for, which breaks every sum of rooms.
    """
    rooms = {
        "ingestion": ingestion.create_pipeline(),
        "splitting": splitting.create_pipeline(),
        "preparation": preparation.create_pipeline(),
        "augmentation": augmentation.create_pipeline(),
        "training": training.create_pipeline(),
        "prediction": prediction.create_pipeline(),
        "evaluation": evaluation.create_pipeline(),
        "report": report.create_pipeline(),
    }
    segmentation = sum(rooms.values(), Pipeline([]))
    quick = rooms["ingestion"].only_nodes("index_cohort") + check.create_pipeline()
    return {"__default__": segmentation, "segmentation": segmentation, **rooms, "check": quick}
