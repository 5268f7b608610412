"""Which command runs which rooms: the table of contents of the project."""

from kedro.pipeline import Pipeline

from tumourflow.pipelines import (
    augmentation,
    baselines,
    check,
    classification,
    classification_report,
    comparison,
    cross_validation,
    download,
    evaluation,
    export,
    inference,
    ingestion,
    leakage_canary,
    leakage_premium,
    methods,
    planning,
    prediction,
    preparation,
    promote,
    prune,
    radiomics,
    report,
    router,
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
        "planning": planning.create_pipeline(),
        "preparation": preparation.create_pipeline(),
        "augmentation": augmentation.create_pipeline(),
        "training": training.create_pipeline(),
        "prediction": prediction.create_pipeline(),
        "evaluation": evaluation.create_pipeline(),
        "report": report.create_pipeline(),
        "methods": methods.create_pipeline(),
    }
    segmentation = sum(rooms.values(), Pipeline([]))
    quick = rooms["ingestion"].only_nodes("index_cohort") + check.create_pipeline()
    canary = rooms["ingestion"] + rooms["splitting"] + leakage_canary.create_pipeline()
    policy = rooms["augmentation"].only_nodes("describe_policy")
    prepared = rooms["ingestion"] + rooms["splitting"] + rooms["planning"] + rooms["preparation"] + policy
    premium = prepared + leakage_premium.create_pipeline()
    folds = prepared + cross_validation.create_pipeline()
    classified = classification_report.create_pipeline()
    classes = prepared + classification.create_pipeline() + classified
    types = prepared + radiomics.create_pipeline()
    classical = prepared + baselines.create_pipeline() + rooms["methods"]
    experiments = {"leakage_canary": canary, "leakage_premium": premium}
    return {
        "__default__": segmentation,
        "segmentation": segmentation,
        **rooms,
        "cross_validation": folds,
        "classification": classes,
        "classification_report": classified,
        "radiomics": types,
        "router": prepared + router.create_pipeline(),
        "baselines": classical,
        "check": quick,
        "download": download.create_pipeline(),
        "inference": inference.create_pipeline(),
        "comparison": comparison.create_pipeline(),
        "export": export.create_pipeline(),
        "promote": promote.create_pipeline(),
        "prune": prune.create_pipeline(),
        **experiments,
    }
