import numpy as np
import pandas as pd
import pytest

from tumourflow.imaging.model_input import prepare_volume
from tumourflow.measures.calibration import apply_temperature
from tumourflow.options import PredictionOptions
from tumourflow.pipelines.classification.nodes import predict_images
from tumourflow.serving.classifier import Classifier
from tumourflow.serving.volumes import Volume

CLASSES = ["glioma", "meningioma", "pituitary"]


@pytest.fixture(scope="module")
def bundle_of(tiny):
    described = {"preparation": tiny.preparation.to_dict(), "classes": CLASSES}
    return lambda temperature=1.7, mirrors=True: described | {"temperature": temperature, "mirrors": mirrors}


@pytest.mark.parametrize("mirrors", [True, False])
def test_probabilities_are_those_of_the_room_after_calibration(tiny, classifier, bundle_of, volumes, mirrors) -> None:
    cases = pd.DataFrame([(f"{name}/{number}", name, number) for name in volumes for number in tiny.slices[name]])
    cases = cases.set_axis(["case_id", "patient", "slice"], axis=1).assign(split="test")
    chunks = [
        prepare_volume(images, [None] * len(images), cases[cases["patient"] == name], tiny.preparation) for name, images in volumes.items()
    ]
    index = pd.concat([chunk.index for chunk in chunks], ignore_index=True)
    model_input = tiny.Store(index=index, arrays={"images": np.concatenate([chunk.arrays["images"] for chunk in chunks])})
    labels = cases[["case_id"]].assign(label=np.resize(CLASSES, len(cases)))
    scores = predict_images(classifier, model_input, labels, tiny.preparation.to_dict(), PredictionOptions(mirrors=mirrors))
    raw = scores[[f"probability.{name}" for name in CLASSES]].to_numpy(np.float64)
    used = Classifier(classifier, bundle_of(mirrors=mirrors))
    found = list(used.classify_volumes(Volume(images) for images in volumes.values()))
    assert [each.shape for each in found] == [(len(images), 3) for images in volumes.values()]
    np.testing.assert_array_equal(np.concatenate(found), apply_temperature(np.log(raw), 1.7).astype(np.float32))
    np.testing.assert_array_equal(used.classify(volumes["a"]), found[0])


def test_temperature_one_changes_nothing_and_a_high_one_takes_certainty(classifier, bundle_of, volumes) -> None:
    plain, hot = (Classifier(classifier, bundle_of(temperature)).classify(volumes["a"]) for temperature in (1.0, 10.0))
    np.testing.assert_allclose(plain.sum(axis=1), 1, rtol=1e-6)
    assert (hot.max(axis=1) < plain.max(axis=1)).all()
    assert (hot.argmax(axis=1) == plain.argmax(axis=1)).all()


def test_classes_are_named_in_the_order_of_the_probabilities(classifier, bundle_of) -> None:
    assert Classifier(classifier, bundle_of()).classes == tuple(CLASSES)
