import keras
import numpy as np
import pandas as pd
import pytest

from tumourflow.imaging.geometry import resize_square
from tumourflow.imaging.layout import InputLayout
from tumourflow.networks import free_sides
from tumourflow.prediction.slice_predictor import make_predictor

LAYOUT = InputLayout(channels=2, lead_channel=1, context=1)
INDEX = pd.DataFrame({"patient": list("aaabb")})


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 8, 8, 2)).astype(np.float16)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Logit = sum of the input channels + the column's number: not symmetric from left to right."""
    inputs = keras.Input((8, 8, LAYOUT.depth))
    columns = np.broadcast_to(np.arange(8, dtype="float32")[None, None, :, None], (1, 8, 8, 1))
    return keras.Model(inputs, keras.ops.sum(inputs, axis=-1, keepdims=True) + columns)


def predict(model, images, mirrors, batch=2):
    return list(make_predictor(model, LAYOUT, mirrors=mirrors).predict(images, INDEX, batch=batch))


def expected(images, flipped=False):
    stacked = images.astype(float).sum(axis=-1)
    lead = images[..., 1].astype(float)
    logits = stacked + lead[[0, 0, 1, 3, 3]] + lead[[1, 2, 2, 4, 4]]
    columns = np.arange(8)[::-1] if flipped else np.arange(8)
    return 1 / (1 + np.exp(-(logits + columns)))


def test_probabilities_are_the_sigmoid_of_slice_and_neighbours(model, images) -> None:
    chunks = predict(model, images, mirrors=False)
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert all(chunk.dtype == np.float32 for chunk in chunks)
    np.testing.assert_allclose(np.concatenate(chunks), expected(images), atol=1e-5)


def test_mirrors_average_the_image_and_its_mirror_image(model, images) -> None:
    wanted = (expected(images) + expected(images, flipped=True)) / 2
    np.testing.assert_allclose(np.concatenate(predict(model, images, mirrors=True)), wanted, atol=1e-5)


@pytest.mark.parametrize("own", [False, True])
def test_the_enlarged_slice_is_averaged_with_the_slice(images, own: bool) -> None:
    """Of a stored network, which is for images of 8 pixels; the statistics are those of each size."""
    keras.utils.set_random_seed(1)
    seen = keras.Input((8, 8, LAYOUT.depth))
    norm = keras.layers.BatchNormalization(name="norm")
    stored = keras.Model(seen, keras.layers.Conv2D(1, 3, padding="same", name="logits")(norm(seen)))
    index, rows = pd.DataFrame({"patient": ["a"] * 20}), np.arange(20) % 5
    free = free_sides(stored)
    views = []
    for side in (8, 12):
        larger = np.stack([resize_square(image, side) for image in images[rows].astype(np.float32)])
        views.append(np.concatenate(list(make_predictor(free, LAYOUT, patient_statistics=own).predict(larger, index))))
    wanted = (views[0] + [resize_square(each, 8) for each in views[1]]) / 2
    found = make_predictor(stored, LAYOUT, multi_scale=True, patient_statistics=own).predict(images[rows], index)
    np.testing.assert_allclose(np.concatenate(list(found)), wanted, atol=1e-5)


def test_the_size_of_a_batch_does_not_matter(model, images) -> None:
    few, many = (np.concatenate(predict(model, images, mirrors=True, batch=batch)) for batch in (2, 16))
    np.testing.assert_allclose(few, many, atol=1e-6)


def test_some_rows_are_predicted_with_their_own_neighbours(model, images) -> None:
    """Neighbours that are not predicted themselves are seen all the same."""
    rows = np.array([4, 1, 2])
    some = np.concatenate(list(make_predictor(model, LAYOUT).predict(images, INDEX, rows, batch=2)))
    np.testing.assert_allclose(some, expected(images)[rows], atol=1e-5)


def test_the_network_sees_one_shape_only(images) -> None:
    shapes = []

    class Recorder(keras.layers.Layer):
        def call(self, inputs):
            shapes.append(inputs.shape)
            return inputs[..., :1]

    inputs = keras.Input((8, 8, LAYOUT.depth))
    recording = keras.Model(inputs, Recorder()(inputs))
    predict(recording, images, mirrors=True)
    # Of the whole batch, or of a lane's half.
    assert {tuple(shape) for shape in shapes if shape[0]} in ({(2, 8, 8, LAYOUT.depth)}, {(1, 8, 8, LAYOUT.depth)})


def test_the_model_keeps_its_optimiser(model, images) -> None:
    model.compile(optimizer="sgd", loss="mse")
    predict(model, images, mirrors=False)
    assert isinstance(model.optimizer, keras.optimizers.SGD)


def test_slices_are_read_only_when_they_are_asked_for(model) -> None:
    predictions = make_predictor(model, LAYOUT).predict(None, INDEX)
    with pytest.raises(AttributeError, match="NoneType"):
        next(predictions)
