import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from tumourflow.imaging.layout import InputLayout
from tumourflow.imaging.preparation import Preparation
from tumourflow.networks import average_networks
from tumourflow.prediction import covered
from tumourflow.prediction.classes import predict_classes
from tumourflow.prediction.covered import predict_covered, replace_probabilities
from tumourflow.prediction.grad_cam import ActivationMapper

LAYOUT = InputLayout(channels=1, lead_channel=0, context=0)
SIDE = 4


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Two feature maps, the image and its negative; logits of the classes: twice the mean of the first, and the mean of the second."""
    inputs = keras.Input((None, None, 1))
    maps = keras.layers.Conv2D(2, 1, use_bias=False)(inputs)
    outputs = keras.layers.Dense(2, use_bias=False)(keras.layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(inputs, outputs)
    model.set_weights([np.array([1.0, -1.0]).reshape(1, 1, 1, 2), np.diag([2.0, 1.0])])
    return model


def images(number: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(number, SIDE, SIDE, 1)).astype(np.float32)


@pytest.mark.parametrize("mirrors", [True, False])
def test_probabilities_are_those_of_the_rows_asked_for_in_their_order(model: keras.Model, mirrors: bool) -> None:
    """The mean of an image is that of its mirror image."""
    seen, index = images(5), pd.DataFrame({"patient": list("abcde")})
    found = np.concatenate(list(predict_classes(model, seen, index, LAYOUT, mirrors=mirrors, batch=2, rows=np.array([4, 0, 2]))))
    means = seen.mean(axis=(1, 2))[[4, 0, 2]]
    np.testing.assert_allclose(found, softmax(np.hstack([2 * means, -means]), axis=1), rtol=1e-5)
    assert found.dtype == np.float32


def test_mirror_images_are_averaged_in(model: keras.Model) -> None:
    """The network sees the left half only."""
    inputs = keras.Input((None, None, 1))
    half = keras.Model(inputs, model(keras.layers.Cropping2D(((0, 0), (0, SIDE // 2)))(inputs)))
    seen, index = images(1), pd.DataFrame({"patient": ["a"]})
    (found,) = predict_classes(half, seen, index, LAYOUT, mirrors=True)
    sides = [seen[:, :, :2].mean(axis=(1, 2)), seen[:, :, 2:].mean(axis=(1, 2))]
    np.testing.assert_allclose(found, np.mean([softmax(np.hstack([2 * mean, -mean]), axis=1) for mean in sides], axis=0), rtol=1e-5)


def test_a_map_is_the_positive_part_of_the_feature_maps_by_their_slopes(model: keras.Model) -> None:
    """The first class grows with the image alone, the second with its negative alone."""
    image = images(1)[0]
    positive, negative = np.maximum(image[..., 0], 0), np.maximum(-image[..., 0], 0)
    mapper = ActivationMapper(model)
    np.testing.assert_allclose(mapper.map_class(image, 0), positive / positive.max(), rtol=1e-5)
    np.testing.assert_allclose(mapper.map_class(image, 1), negative / negative.max(), rtol=1e-5)
    assert not mapper.map_class(-np.ones((SIDE, SIDE, 1), np.float32), 0).any()


def test_the_map_of_a_mean_of_networks_is_the_mean_of_maps(model: keras.Model) -> None:
    image, alike = images(1)[0], average_networks([model, model])
    np.testing.assert_allclose(ActivationMapper(alike).map_class(image, 0), ActivationMapper(model).map_class(image, 0), rtol=1e-4)


def test_a_network_that_pools_nothing_has_no_map() -> None:
    inputs = keras.Input((SIDE, SIDE, 1))
    with pytest.raises(ValueError, match="must pool its feature maps globally"):
        ActivationMapper(keras.Model(inputs, keras.layers.Flatten()(inputs)))


class Pictures:
    """Stands in for the reader of cases; the brightest pixel of `marked` is a mark."""

    def read_image(self, case_id: str) -> np.ndarray:
        picture = np.random.default_rng(ord(case_id[0])).integers(1, 200, size=(20, 20)).astype(np.uint8)
        picture[3, 3] = 255 if case_id == "marked" else 0
        return picture


PREPARATION = Preparation(16, "none", "zscore", context=0, lead_channel=0, channels=1, unit="slice")


@pytest.fixture
def covering(monkeypatch: pytest.MonkeyPatch) -> None:
    """The brightest pixel alone is covered."""
    monkeypatch.setattr(covered, "cover_marks", lambda pixels: np.where(pixels == 255, 0, pixels).astype(np.uint8))


def test_probabilities_are_replaced_where_covering_changes_the_image(model: keras.Model, covering: None) -> None:
    judged, columns = pd.DataFrame({"case_id": ["plain", "marked"], "one": [0.25, 2.0], "other": [0.75, 2.0]}), ["one", "other"]
    before = judged.copy()
    replaced = replace_probabilities(model, judged, columns, Pictures(), PREPARATION, mirrors=False)
    assert replaced["covered"].tolist() == [False, True]
    assert replaced.loc[0, columns].tolist() == [0.25, 0.75]
    assert replaced.loc[1, columns].sum() == pytest.approx(1)
    pd.testing.assert_frame_equal(judged, before)
    nothing = replace_probabilities(model, judged[:1], columns, Pictures(), PREPARATION, mirrors=False)
    assert list(nothing) == ["case_id", "one", "other", "covered"]
    assert nothing.empty


def test_only_images_that_covering_changes_are_predicted_again(model: keras.Model, covering: None) -> None:
    told = dict(predict_covered(model, ["plain", "marked"], Pictures(), PREPARATION, mirrors=False))
    assert list(told) == ["marked"]
    bare = Pictures().read_image("marked")
    bare[3, 3] = 0
    (prepared,), _ = PREPARATION.prepare([bare])
    mean = float(prepared.astype(np.float16).astype(np.float32).mean())
    np.testing.assert_allclose(told["marked"], softmax([2 * mean, -mean]), rtol=1e-4)
