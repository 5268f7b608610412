import json

import mlflow
import numpy as np
import pandas as pd
import pytest

from tumourflow.errors import UserError
from tumourflow.hooks.type_registry import register_types
from tumourflow.radiomics.candidates import Candidate
from tumourflow.radiomics.classifiers import Classifier, fit
from tumourflow.radiomics.cohort import Cohort
from tumourflow.serving.typing_model import load_type_model

BUNDLE = {"format": 1, "classes": ["a", "b"], "features": ["glcm_x", "shape_y"], "lead_channel": 0, "unit": "pixel", "leaky": False}


def make() -> tuple[Classifier, pd.DataFrame]:
    labels = np.repeat([0, 1], 10)
    features = pd.DataFrame({"glcm_x": labels + np.linspace(0, 0.5, 20), "shape_y": np.linspace(1, 2, 20)})
    groups = np.arange(20).astype(str)
    return fit(Candidate("hist_gradient_boosting", {"max_leaf_nodes": 4}), Cohort(features, labels, groups), 2, 0), features


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """A store in which two models of a cohort were registered, one after the other."""
    folder, before = tmp_path_factory.mktemp("tracked"), mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    experiment = mlflow.create_experiment("cohort", artifact_location=(folder / "artifacts").as_uri())
    classifier, features = make()
    with mlflow.start_run(experiment_id=experiment):
        register_types(classifier, BUNDLE, "cohort")
        register_types(classifier, {**BUNDLE, "classes": ["c", "d"]}, "cohort")
        register_types(classifier, {**BUNDLE, "leaky": True}, "leaking")
    yield classifier, features
    mlflow.set_tracking_uri(before)


def test_the_champion_is_the_first_and_is_loaded_with_its_bundle(registered):
    classifier, features = registered
    model = load_type_model("models:/cohort-typing@champion")
    assert model.classes == ("a", "b")
    assert np.array_equal(model.tell(features), classifier.tell(features))
    assert load_type_model("models:/cohort-typing/2").classes == ("c", "d")
    assert mlflow.models.get_model_info("models:/cohort-typing@champion").metadata == {"type_model": BUNDLE}


def test_mlflow_answers_a_table_of_features_in_any_order(registered):
    classifier, features = registered
    served = mlflow.pyfunc.load_model("models:/cohort-typing@champion").predict(features[["shape_y", "glcm_x"]])
    told = classifier.tell(features)
    assert list(served) == ["type", "probability.a", "probability.b"]
    assert np.array_equal(served[["probability.a", "probability.b"]], told)
    assert served["type"].tolist() == [BUNDLE["classes"][number] for number in told.argmax(axis=1)]
    json.loads(served.to_json())


@pytest.mark.parametrize("address", ["models:/cohort-typing@nobody", "models:/leaking-typing@champion", "models:/nothing/1", "nowhere"])
def test_a_model_that_is_not_there_is_told_in_a_sentence(registered, address):
    with pytest.raises(UserError, match="There is no model of types at"):
        load_type_model(address)
