import mlflow
import pytest

from tumourflow.datasets import ModelVersion, RegisteredModelsDataset


@pytest.fixture(scope="module")
def run_id(tracking_store):
    """Of a run that has registered two versions of a segmenter, beside a version that no run has."""
    client = mlflow.MlflowClient()
    run = client.create_run(client.create_experiment("models", artifact_location=(tracking_store / "models").as_uri()))
    client.create_registered_model("models-segmentation")
    for run_id in (run.info.run_id, run.info.run_id, None):
        client.create_model_version("models-segmentation", source=(tracking_store / "models").as_uri(), run_id=run_id)
    return run.info.run_id


@pytest.fixture
def models(run_id):
    return RegisteredModelsDataset(cohort="models")


def test_versions_are_listed_with_their_runs_the_oldest_first(models, run_id):
    assert models.load().versions("segmentation") == [ModelVersion(1, run_id), ModelVersion(2, run_id), ModelVersion(3, None)]


def test_the_runs_of_all_models_of_a_cohort_are_listed(models, run_id):
    assert models.load().sources() == [run_id]
    assert RegisteredModelsDataset(cohort="model").load().sources() == []


def test_a_model_that_is_not_there_has_neither_versions_nor_champion(models):
    assert models.load().versions("classification") == []
    assert models.load().champion("classification") is None


def test_what_is_saved_is_champion_in_place_of_the_one_that_was(models):
    assert models.load().champion("segmentation") is None
    for version in (1, 2):
        models.save({"segmentation": version})
        assert models.load().champion("segmentation") == version
    models.save({})
    assert models.load().champion("segmentation") == 2
